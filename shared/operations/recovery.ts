import { newEtag, type Tables } from '../storage/tables.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { LostCursor } from './lost-deliveries.ts';
import type { RecoveryResponse } from './operator-responses.ts';

/**
 * A recovery: one run that sends the lost (dead or parked) deliveries of all subscriptions again.
 * It has nothing to do with the recovery from a crash. Its row has everything that is needed to
 * resume it.
 */
export interface Recovery {
  /** Derived from the request, so the same request finds the same recovery. */
  readonly recoveryId: string;
  /** The parts of the request (`LostFilter`). */
  readonly sinceMs: number;
  readonly untilMs?: number | undefined;
  readonly instanceId?: string | undefined;
  readonly trigger?: Trigger | undefined;
  readonly code?: string | undefined;
  readonly startedAtMs: number;
  readonly finishedAtMs?: number | undefined;
  /** The deliveries and subscriptions that matched when it started. */
  readonly counted: LostCount;
  /** Deliveries that were made due. */
  readonly sent: number;
  /** Deliveries that matched, but could not be sent or no longer had to be. */
  readonly skipped: number;
  /**
   * Ids of the deliveries that are being sent. They count towards `sent` and `skipped` only when
   * the whole batch is done.
   */
  readonly batch: readonly string[];
  /** When the claim of the worker that stored the batch ends. */
  readonly claimedUntilMs: number;
  /**
   * The due time of the next delivery. If it is in the past, the next delivery is due immediately.
   */
  readonly pacedUntilMs: number;
  /** Where the search for the next batch continues. Absent at the beginning of the search. */
  readonly cursor?: LostCursor | undefined;
  /** Whether the search has reached its end, so that no batch follows. */
  readonly isSearched: boolean;
}

/** The number of lost deliveries that a request selects, and of their subscriptions. */
export interface LostCount {
  readonly deliveries: number;
  readonly subscriptions: number;
  /** Present when there may be more than were counted. */
  readonly more?: true;
}

export type StoredRecovery = Recovery & { readonly etag: string };

export interface RecoveryStore {
  read(recoveryId: string): Promise<StoredRecovery | undefined>;
  /**
   * The stored recoveries, newest first, at most `MAX_LISTED`. Makes one storage request for each
   * thousand. `more`: others exist.
   */
  list(): Promise<{ readonly recoveries: readonly Recovery[]; readonly more?: true }>;
  /**
   * Inserts a recovery, or replaces the one that was read with `etag`. Returns `undefined` when
   * another writer was first.
   */
  save(recovery: Recovery, etag?: string): Promise<StoredRecovery | undefined>;
  remove(recovery: StoredRecovery): Promise<void>;
}

export const RECOVERIES_TABLE = 'recoveries';
const PARTITION = 'recoveries';
const VERSION = 1;
/**
 * Maximum number of recoveries that are listed. Their keys are hashes, so all have to be read to
 * find the newest.
 */
const MAX_LISTED = 5_000;
const ID = /^rec_[A-Za-z0-9_-]{22}$/;

export function recoveryStore(tables: Tables): RecoveryStore {
  return {
    async read(recoveryId) {
      if (!ID.test(recoveryId)) return undefined;
      const row = await tables.get(RECOVERIES_TABLE, PARTITION, recoveryId);
      return row && { ...(JSON.parse(String(row.values['recovery'])) as Recovery), etag: row.etag };
    },
    async list() {
      const recoveries: Recovery[] = [];
      let next: string | undefined;
      do {
        const limit = Math.min(1_000, MAX_LISTED - recoveries.length);
        const query = { partition: PARTITION, limit, ...(next !== undefined && { next }) };
        const page = await tables.query(RECOVERIES_TABLE, query);
        recoveries.push(...page.rows.map(({ values }) => JSON.parse(String(values['recovery'])) as Recovery));
        next = page.next;
      } while (next !== undefined && recoveries.length < MAX_LISTED);
      recoveries.sort(
        (one, other) => other.startedAtMs - one.startedAtMs || (one.recoveryId < other.recoveryId ? -1 : 1),
      );
      return { recoveries, ...(next !== undefined && { more: true }) };
    },
    async save(recovery, etag) {
      const row = {
        partitionKey: PARTITION,
        rowKey: recovery.recoveryId,
        v: VERSION,
        recovery: JSON.stringify({ ...recovery, etag: undefined }),
      };
      const write = etag === undefined ? { kind: 'insert' as const, row } : { kind: 'replace' as const, row, etag };
      const result = await tables.write(RECOVERIES_TABLE, [write]);
      return result.kind === 'written' ? { ...recovery, etag: newEtag(result) } : undefined;
    },
    async remove({ recoveryId, etag }) {
      const row = { partitionKey: PARTITION, rowKey: recoveryId };
      await tables.write(RECOVERIES_TABLE, [{ kind: 'delete', row, etag }]);
    },
  };
}

/** A recovery as operators see it. */
export function recoveryView(recovery: Recovery): RecoveryResponse {
  const { recoveryId, untilMs, instanceId, trigger, code, startedAtMs, finishedAtMs, counted, sent, skipped } =
    recovery;
  return {
    recoveryId,
    status: finishedAtMs === undefined ? 'running' : 'finished',
    since: new Date(recovery.sinceMs).toISOString(),
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
    ...(instanceId !== undefined && { instanceId }),
    ...(trigger !== undefined && { trigger }),
    ...(code !== undefined && { code }),
    startedAt: new Date(startedAtMs).toISOString(),
    ...(finishedAtMs !== undefined && { finishedAt: new Date(finishedAtMs).toISOString() }),
    ...counted,
    sent,
    skipped,
  };
}
