/**
 * The port through which the domain reads Customer Insights, independent of HTTP. "The public
 * client libraries" are Microsoft's libraries for the API, from 2021
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries).
 *
 * Statuses and kinds are words in lower case without separators (`timedout`), however the service
 * writes them. New words may appear, and are passed on in the same form. A status or kind that the
 * service left out is `undefined`. Instants are ISO 8601 in UTC with milliseconds
 * (`2026-11-23T10:00:00.000Z`). An instant that cannot be parsed is absent. A list element without
 * its identity (a segment without a name, a job without an id) is left out. Every method rejects
 * with `CustomerInsightsError` when the call fails.
 */
export interface CustomerInsights {
  instances(): Promise<Instance[]>;
  /** `undefined` when the instance does not exist. */
  instance(instanceId: string): Promise<Instance | undefined>;
  dataSources(instanceId: string): Promise<DataSource[]>;
  /**
   * All segments. With `historyDays`, `history` holds the evaluations of the last `historyDays`
   * days.
   */
  segments(instanceId: string, options?: { historyDays?: number }): Promise<Segment[]>;
  /** All measures, without history. */
  measures(instanceId: string): Promise<Measure[]>;
  /** One measure with its history. `undefined` when no measure has this name. */
  measure(instanceId: string, measureName: string, options: { historyDays: number }): Promise<Measure | undefined>;
  /** The `top` most recent jobs with their tasks, in the order of the service. */
  jobs(instanceId: string, options: { top: number }): Promise<Job[]>;
  /** One job with its tasks. `undefined` when the job does not exist. */
  job(instanceId: string, jobId: string): Promise<Job | undefined>;
  /** The task history: the `top` most recent tasks of all jobs, in the order of the service. */
  tasks(instanceId: string, options: { top: number }): Promise<Task[]>;
  /** The latest state of each node of the refresh pipeline. */
  nodes(instanceId: string): Promise<Node[]>;
}

export interface Instance {
  readonly instanceId: string;
  readonly name: string;
  /**
   * `trial`, `sandbox`, `production`, … In Customer Insights, a sandbox instance is one for tests.
   */
  readonly instanceType: string | undefined;
}

export interface DataSource {
  readonly dataSourceId: string;
  readonly name: string;
  readonly displayName: string;
  readonly active: boolean;
  /** `notupdated`, `updated`, `updating`, `updatefailed`, `updatecancelled`, … */
  readonly refreshState: string | undefined;
  readonly lastRefreshAt: string | undefined;
}

export interface Segment {
  readonly name: string;
  readonly displayName: string;
  /** `active`, `inactive`, … */
  readonly state: string | undefined;
  readonly latest: SegmentEvaluation | undefined;
  /** In the order of the service. Empty unless requested. */
  readonly history: readonly SegmentEvaluation[];
}

/** One evaluation of a segment: Customer Insights has determined its members, or tried to. */
export interface SegmentEvaluation {
  /** `completedsuccess`, `completedfailure`, `running`, `cancelled`, … */
  readonly status: string | undefined;
  readonly evaluatedAt: string | undefined;
  readonly memberCount: number | undefined;
  readonly error: string | undefined;
}

/** A measure. An evaluation of it is one computation of its value. */
export interface Measure {
  readonly name: string;
  readonly displayName: string;
  /** Whether it is a business measure without dimension. Only such a measure has a single value. */
  readonly withoutDimension: boolean;
  /** Present when it is a customer measure, which has one value for each customer. */
  readonly isOfCustomers?: true;
  /** Present when its one calculation counts things, so that its value is never below 0. */
  readonly isCount?: true;
  /** State of the latest evaluation: `completed`, `running`, `failed`, … */
  readonly latestState: string | undefined;
  readonly latestError: string | undefined;
  /** The value of the last successful evaluation. */
  readonly output: MeasureOutput | undefined;
  /** In the order of the service. Empty unless requested. */
  readonly outputHistory: readonly MeasureOutput[];
  /** Evaluations that failed, in the order of the service. Empty unless history is requested. */
  readonly failures: readonly MeasureFailure[];
}

export interface MeasureFailure {
  readonly evaluatedAt: string | undefined;
  readonly error: string | undefined;
}

export interface MeasureOutput {
  readonly evaluatedAt: string | undefined;
  /** `undefined` when the output is not exactly one number. */
  readonly value: number | undefined;
  /**
   * What the output is when it is not one number. Absent when it is one number, or when there is no
   * output yet.
   */
  readonly nonNumber?: 'a text' | 'a date' | 'several values';
}

/** A run of Customer Insights that refreshes an instance or a part of it. It consists of tasks. */
export interface Job {
  readonly jobId: string;
  /** `scheduled` or `ondemand`. */
  readonly submissionKind: string | undefined;
  readonly status: string | undefined;
  /** The status as the service wrote it, when the public client libraries do not contain it. */
  readonly writtenStatus?: string;
  /** `all`: a full refresh; `ingestion`: the refresh of a data source; `merge`: a unification; … */
  readonly operationType: string | undefined;
  readonly submittedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** The identifiers in the request of the job. For an ingestion, they are data source ids. */
  readonly idList: readonly string[];
  readonly tasks: readonly Task[];
}

/** A step of a job, such as the refresh of one data source (`ingestion`). */
export interface Task {
  readonly taskId: string;
  readonly status: string | undefined;
  /** The status as the service wrote it, when the public client libraries do not contain it. */
  readonly writtenStatus?: string;
  readonly operationType: string | undefined;
  /** Every job that the task belongs to. Each of them may retry it. */
  readonly jobIds: readonly string[];
  /** What the task works on, as Customer Insights shows it: for an ingestion, the data source. */
  readonly friendlyName: string | undefined;
  readonly submittedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly error: string | undefined;
}

/**
 * A step of the refresh pipeline, such as the ingestion of one data source, the unification
 * (`merge`), or a segment, whatever job last ran it.
 */
export interface Node {
  readonly operationType: string;
  /** For an ingestion: the data source id. */
  readonly identifier: string | undefined;
  readonly friendlyName: string | undefined;
  readonly jobIds: readonly string[];
  readonly status: string | undefined;
  readonly endedAt: string | undefined;
}

export type CustomerInsightsErrorKind =
  /** No response, a timeout, a 5xx status, or a body that does not have the expected form. */
  | 'unavailable'
  /** As `unavailable`, for a call that writes. The service may have carried it out. */
  | 'unconfirmed'
  /**
   * Too many calls, or a quota is used up. `retryAfterMs` is the time to wait, when the service
   * gave one.
   */
  | 'throttled'
  /**
   * No call was made, because no permit (see `CallPermits`) is available until `retryAfterMs` has
   * passed.
   */
  | 'limited'
  /** 401 or 403: the service does not accept this app's credentials. */
  | 'unauthorized'
  /** 404: the instance, or the object that the call names, does not exist. */
  | 'not-found'
  /**
   * 404 for a list, although the instance exists. `setting` names the setting whose path is wrong.
   */
  | 'path-unknown'
  /** Any other 4xx: the service refused the call itself. */
  | 'refused';

/**
 * A call to Customer Insights that failed. The message names the call and never contains a
 * credential.
 */
export class CustomerInsightsError extends Error {
  override readonly name = 'CustomerInsightsError';
  readonly kind: CustomerInsightsErrorKind;
  /**
   * Method and template of the path below the base URL, without values that may identify people:
   * `GET instances/…/manage/measures/{measureName}`.
   */
  readonly call: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** The error message of the service, as one line of at most 300 characters. */
  readonly serviceMessage: string | undefined;
  /** The setting that an operator should check. */
  readonly setting: string | undefined;
  constructor(
    kind: CustomerInsightsErrorKind,
    call: string,
    reason: string,
    details: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      serviceMessage?: string | undefined;
      setting?: string;
      cause?: unknown;
    } = {},
  ) {
    super(`Customer Insights: ${call}: ${reason}`, { cause: details.cause });
    this.kind = kind;
    this.call = call;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.serviceMessage = details.serviceMessage;
    this.setting = details.setting;
  }
}
