/**
 * The port to Customer Insights: what the domain reads, in the domain's words. Nothing here knows HTTP.
 *
 * Statuses and kinds are bare words in lower case (`timedout`) whatever the service wrote, and open: a value nobody knows is passed on as it is.
 * A missing status or kind of something that always has one is the empty string.
 * Instants are ISO 8601 in UTC with milliseconds (`2026-11-23T10:00:00.000Z`); an instant that cannot be read is absent.
 * A list element without its identity (a segment without name, a job without id) is left out.
 * Every method rejects with `CustomerInsightsError` when it has no answer.
 */
export interface CustomerInsights {
  instances(): Promise<Instance[]>;
  /** `undefined`: no such instance. */
  instance(instanceId: string): Promise<Instance | undefined>;
  dataSources(instanceId: string): Promise<DataSource[]>;
  /** All segments. With `historyDays`, `history` holds the evaluations of that many days. */
  segments(instanceId: string, options?: { historyDays?: number }): Promise<Segment[]>;
  /** All measures, without history. */
  measures(instanceId: string): Promise<Measure[]>;
  /** One measure with its history; `undefined` when there is none of that name. */
  measure(instanceId: string, measureName: string, options: { historyDays: number }): Promise<Measure | undefined>;
  /** The `top` most recent jobs with their tasks, in the order the service gave them. */
  jobs(instanceId: string, options: { top: number }): Promise<Job[]>;
  /** One job with its tasks; `undefined` when it is unknown. */
  job(instanceId: string, jobId: string): Promise<Job | undefined>;
  /** The `top` most recent tasks of all jobs, in the order the service gave them. */
  tasks(instanceId: string, options: { top: number }): Promise<Task[]>;
  /** The latest state of each node (data source, merge, segment …). */
  nodes(instanceId: string): Promise<Node[]>;
}

export interface Instance {
  readonly instanceId: string;
  readonly name: string;
  /** `trial`, `sandbox`, `production`, … */
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
  /** In the order the service gave them; empty unless asked for. */
  readonly history: readonly SegmentEvaluation[];
}

export interface SegmentEvaluation {
  /** `completedsuccess`, `completedfailure`, `running`, `cancelled`, … */
  readonly status: string;
  readonly evaluatedAt: string | undefined;
  readonly memberCount: number | undefined;
  readonly error: string | undefined;
}

export interface Measure {
  readonly name: string;
  readonly displayName: string;
  /** A business measure without dimension: the only kind that has one value. */
  readonly withoutDimension: boolean;
  /** Present when its one calculation counts things, so that its value is never below 0. */
  readonly isCount?: true;
  /** State of the latest evaluation: `completed`, `running`, `failed`, … */
  readonly latestState: string | undefined;
  readonly latestError: string | undefined;
  /** The value of the last successful evaluation. */
  readonly output: MeasureOutput | undefined;
  /** In the order the service gave them; empty unless asked for. */
  readonly outputHistory: readonly MeasureOutput[];
  /** Evaluations that failed, in the order the service gave them; empty unless history is asked for. */
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
  /** What the output is in the place of one number; absent when it is one, or nothing yet. */
  readonly instead?: 'a text' | 'a date' | 'several values';
}

export interface Job {
  readonly jobId: string;
  /** `scheduled` or `ondemand`. */
  readonly submissionKind: string;
  readonly status: string;
  /** The status as the service wrote it, when it is not a word of the published clients. */
  readonly writtenStatus?: string;
  /** `all`, `ingestion`, `merge`, … */
  readonly operationType: string;
  readonly submittedAt: string | undefined;
  readonly endedAt: string | undefined;
  /** The identifiers the job was asked for (data source ids for an ingestion). */
  readonly idList: readonly string[];
  readonly tasks: readonly Task[];
}

export interface Task {
  readonly taskId: string;
  readonly status: string;
  /** The status as the service wrote it, when it is not a word of the published clients. */
  readonly writtenStatus?: string;
  readonly operationType: string;
  /** Every job that owns the task. */
  readonly jobIds: readonly string[];
  readonly friendlyName: string | undefined;
  readonly submittedAt: string | undefined;
  readonly endedAt: string | undefined;
  readonly error: string | undefined;
}

export interface Node {
  readonly operationType: string;
  /** For an ingestion: the data source id. */
  readonly identifier: string | undefined;
  readonly friendlyName: string | undefined;
  readonly jobIds: readonly string[];
  readonly status: string;
  readonly endedAt: string | undefined;
}

export type CustomerInsightsErrorKind =
  /** No answer, a 5xx, a time-out, or an answer that is not what the call returns. */
  | 'unavailable'
  /** As `unavailable`, of a call that writes: it may have been carried out all the same. */
  | 'unconfirmed'
  /** Too many calls, or a quota is used up; `retryAfterMs` says how long to wait, when the service said so. */
  | 'throttled'
  /** No call was made: there is no place for it (see `CallPermits`) until `retryAfterMs` have passed. */
  | 'limited'
  /** 401 or 403: our credentials are not good enough. */
  | 'unauthorized'
  /** 404: the instance (or what the call names) does not exist. */
  | 'not-found'
  /** 404 of a list of an instance that exists: `setting` leads to where there is nothing. */
  | 'path-unknown'
  /** Any other 4xx: the call itself was refused. */
  | 'refused';

/** Customer Insights gave no usable answer. The message names the call and never holds a credential. */
export class CustomerInsightsError extends Error {
  override readonly name = 'CustomerInsightsError';
  readonly kind: CustomerInsightsErrorKind;
  /** Method and template of the path below the base URL, without what may name people: `GET instances/…/manage/measures/{measureName}`. */
  readonly call: string;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;
  /** What the service itself said, as one line of at most 300 characters. */
  readonly said: string | undefined;
  /** The setting that an operator should look at. */
  readonly setting: string | undefined;
  constructor(
    kind: CustomerInsightsErrorKind,
    call: string,
    reason: string,
    more: {
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      said?: string | undefined;
      setting?: string;
      cause?: unknown;
    } = {},
  ) {
    super(`Customer Insights: ${call}: ${reason}`, { cause: more.cause });
    this.kind = kind;
    this.call = call;
    this.status = more.status;
    this.retryAfterMs = more.retryAfterMs;
    this.said = more.said;
    this.setting = more.setting;
  }
}
