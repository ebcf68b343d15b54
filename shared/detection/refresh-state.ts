/** The stored state of an instance's jobs and tasks between two polls. */
export interface RefreshState {
  /** Refreshes observed so far. */
  readonly sequence: number;
  /**
   * Jobs to read again by id until they are final. The jobs that were not read for longest come
   * first.
   */
  readonly open: readonly OpenJob[];
  /** Jobs and tasks that are processed, by hashed id, with the instant when each ended. */
  readonly handled: ReadonlyMap<string, number>;
  /**
   * Everything that ended at or before this instant is processed, even if `handled` no longer holds
   * it. Absent before anything has ended.
   */
  readonly processedUntilMs: number | undefined;
  /** Data source ids by each name that they were seen with, as `namedBefore` returns them. */
  readonly names: ReadonlyMap<string, string>;
}

/** A job that was not final when it was last read. */
export interface OpenJob {
  readonly jobId: string;
  /** When the job was first seen open. `undefined` when an earlier version stored it. */
  readonly sinceMs: number | undefined;
}

/** The refresh state as it is stored. */
export interface StoredRefreshState extends RefreshState {
  readonly isSuspended: boolean;
  readonly isMarkedForRemoval: boolean;
  /** Absent before the state is stored. */
  readonly etag: string | undefined;
}

/** Whether something ended after the startingSequence. */
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
