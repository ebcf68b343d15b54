/** One attempt of a delivery, as operators see it. */
export interface AttemptRecord {
  /** 1 for the first attempt. */
  readonly number: number;
  /** Start time, ISO 8601 UTC. */
  readonly at: string;
  readonly durationMs: number;
  /** HTTP status of the response, if there was one. */
  readonly status?: number;
  /** `delivered`, or the reason for the failure. */
  readonly code: string;
  /**
   * The successor that was called in place of the delivery's own subscription. Absent when its own
   * subscription was called.
   */
  readonly calledId?: string;
  /** The flow run that was started, if the response named it. */
  readonly runId?: string;
}
