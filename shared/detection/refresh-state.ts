import { shortHash } from '../triggers/subject.ts';

/** The stored state of an instance's jobs and tasks between two polls. */
export interface RefreshState {
  /** The sequence number of the last observed refresh. */
  readonly sequence: number;
  /**
   * The open jobs: those that had not ended at the last poll. Polls read them again by id until
   * they end. Those that have not been read for the longest time come first.
   */
  readonly open: readonly OpenJob[];
  /**
   * The jobs and tasks that have ended and are processed: the end of each in ms, by its hashed id
   * (`handledKey`).
   */
  readonly handled: ReadonlyMap<string, number>;
  /**
   * Everything that ended at or before this instant is processed, even if `handled` no longer holds
   * it. Absent before anything has ended.
   */
  readonly processedUntilMs: number | undefined;
  /** Maps every name that a data source has had to its id (see `namedBefore`). */
  readonly names: ReadonlyMap<string, string>;
}

/** A job that had not ended when it was last read. */
export interface OpenJob {
  readonly jobId: string;
  /** When a poll first read the job as open. `undefined` when an earlier version stored the job. */
  readonly sinceMs: number | undefined;
}

/** The refresh state as it is stored. */
export interface StoredRefreshState extends RefreshState {
  readonly isSuspended: boolean;
  readonly isMarkedForRemoval: boolean;
  /** Absent before the state is stored. */
  readonly etag: string | undefined;
}

/**
 * Whether a job or task ended after `processedUntilMs`, so that only `handled` can say whether it
 * is processed.
 */
export function isAfterProcessed(
  { processedUntilMs }: Pick<RefreshState, 'processedUntilMs'>,
  endedAtMs: number,
): boolean {
  return processedUntilMs === undefined || endedAtMs > processedUntilMs;
}

/** Whether the next reading of an instance's refreshes is a baseline. */
export function isUnread({ etag, isSuspended }: StoredRefreshState): boolean {
  return etag === undefined || isSuspended;
}

/**
 * A hash of the jobs and tasks in a state, whatever their order. The order of the open jobs changes
 * in every poll that cannot read all of them, although nothing has happened.
 */
export function refreshesHash({ open, handled }: Pick<RefreshState, 'open' | 'handled'>): string {
  return shortHash(...[...open.map(({ jobId }) => jobId), ...handled.keys()].sort());
}

/**
 * The state of an instance's refreshes before the first reading. The first reading is a baseline.
 */
export function unreadRefreshes(): StoredRefreshState {
  return {
    sequence: 0,
    open: [],
    handled: new Map(),
    processedUntilMs: undefined,
    names: new Map(),
    isSuspended: false,
    isMarkedForRemoval: false,
    etag: undefined,
  };
}
