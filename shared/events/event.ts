import type { Trigger } from '../triggers/trigger.ts';

/** The properties of every event. */
interface EventBase {
  readonly eventId: string;
  readonly trigger: Trigger;
  readonly instanceId: string;
  /** When the event occurred in Customer Insights, ISO 8601 UTC. */
  readonly occurredAt: string;
  /** Present on test events only. */
  readonly test?: true;
}

export type RefreshStatus = 'successful' | 'failed' | 'timedOut';

export interface SegmentThresholdCrossed extends EventBase {
  readonly trigger: 'segment-threshold-crossed';
  readonly segmentName: string;
  readonly displayName: string;
  readonly previousValue: number;
  readonly value: number;
  readonly evaluatedAt: string;
}

export interface MeasureThresholdCrossed extends EventBase {
  readonly trigger: 'measure-threshold-crossed';
  readonly measureName: string;
  readonly displayName: string;
  readonly previousValue: number;
  readonly value: number;
  readonly evaluatedAt: string;
}

export interface DataSourceRefreshed extends EventBase {
  readonly trigger: 'data-source-refresh-failed' | 'data-source-refresh-succeeded';
  readonly dataSourceId: string;
  readonly dataSourceName: string;
  readonly refreshStatus: RefreshStatus;
  /** The status of Customer Insights when it differs, such as `completedWithWarnings`. */
  readonly originalStatus?: string;
  readonly endedAt: string;
  readonly jobId?: string;
  readonly errorMessage?: string;
}

export interface FullRefreshCompleted extends EventBase {
  readonly trigger: 'full-refresh-completed';
  /** Absent in events of version 0.8 and earlier, which detected scheduled refreshes only. */
  readonly submissionKind?: 'scheduled' | 'onDemand';
  readonly jobId: string;
  readonly status: RefreshStatus;
  readonly originalStatus?: string;
  readonly submittedAt: string;
  readonly endedAt: string;
  readonly failedTaskCount?: number;
  /** The first of them, ten at most. Absent of what an earlier version found. */
  readonly failedTasks?: readonly FailedTask[];
}

/** A task of a full refresh that failed or timed out. */
export interface FailedTask {
  /** In lower case and open: `ingestion`, `merge`, `segmentation`. */
  readonly operationType: string;
  readonly name: string;
  /** What Customer Insights says went wrong. */
  readonly message?: string;
}

export interface UnificationRefreshCompleted extends EventBase {
  readonly trigger: 'unification-refresh-completed';
  readonly jobId?: string;
  readonly status: RefreshStatus;
  readonly originalStatus?: string;
  readonly submissionKind: 'scheduled' | 'onDemand';
  readonly endedAt: string;
}

/** An event with the properties of the callback body, without those that differ between subscriptions. */
export type Event =
  | SegmentThresholdCrossed
  | MeasureThresholdCrossed
  | DataSourceRefreshed
  | FullRefreshCompleted
  | UnificationRefreshCompleted;

/** The fact in Customer Insights that an event stands for. It determines the event id. */
export interface Fact {
  readonly instanceId: string;
  readonly trigger: Trigger;
  /** Segment or measure name. Empty for tasks and jobs, whose ids are sufficient. */
  readonly subject: string;
  /** Evaluation time, task id or job id. */
  readonly occurrence: string;
}
