/** One POST of a delivery, as the operator sees it. */
export interface AttemptRecord {
  /** 1 for the first. */
  readonly number: number;
  /** When it began, ISO 8601 UTC. */
  readonly at: string;
  readonly durationMs: number;
  /** HTTP status, when there was an answer. */
  readonly status?: number;
  /** `delivered`, or why not. */
  readonly code: string;
  /** The subscription that was called in place of the delivery's own: its successor. */
  readonly calledId?: string;
  /** The flow run that it started, when the platform named it. */
  readonly runId?: string;
}
