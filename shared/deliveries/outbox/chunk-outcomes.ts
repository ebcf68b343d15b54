import { allDone } from '../../all-done.ts';
import type { Clock } from '../../clock.ts';
import type { Event } from '../../events/event.ts';
import type { Queues } from '../../storage/queues.ts';
import { ignoreStorageError } from '../../storage/ignore-storage-error.ts';
import { StorageError } from '../../storage/tables.ts';
import type { DeliveredOutcome } from '../records/activity-rows.ts';
import { RECORDS_PER_WRITE, type ActivityStore, type StoredChunk } from '../records/activity-store.ts';
import { isDue, sendRetry, type DeliveryRecord } from '../records/delivery-record.ts';
import { addToWorkList, type WorkListPorts } from '../reconciler/add-to-work-list.ts';

/** The outcome of one delivery of a chunk, ready to be stored. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly delivered: DeliveredOutcome }
  | { readonly kind: 'recorded'; readonly record: DeliveryRecord };

/**
 * Collects the outcomes of a chunk, stores them in the chunk's row, renews the claim and enqueues
 * the retries.
 */
export interface ChunkOutcomes {
  add(outcome: Outcome): void;
  /**
   * Stores the outcomes added since the last call and extends the claim to `untilMs`, then enqueues
   * the retries. Rejects with `StorageError` when storage fails several times. Outcomes that may
   * not have been stored are kept for the next call.
   */
  save(next: ClaimEnd): Promise<void>;
  /** Whether this worker still holds the claim, as far as it knows. */
  holdsClaim(): boolean;
  /** Until when this worker may start attempts. `-Infinity` once it has lost the claim. */
  claimedUntilMs(): number;
}

/** What a save writes into the chunk's row besides the outcomes. */
interface ClaimEnd {
  readonly isComplete: boolean;
  readonly untilMs: number;
}

export interface ChunkOutcomesPorts extends WorkListPorts {
  readonly activity: Pick<ActivityStore, 'saveChunk' | 'chunk'>;
  readonly queues: Queues;
  readonly clock: Clock;
}

const MAX_TRIES = 3;

export function chunkOutcomes(
  ports: ChunkOutcomesPorts,
  event: Event,
  chunk: number,
  claimed: StoredChunk,
): ChunkOutcomes {
  const { activity } = ports;
  let row: StoredChunk | undefined = claimed;
  /** All outcomes of this claim, in the order in which they are stored. */
  const outcomes: Outcome[] = [];
  /** Number of outcomes whose retries have been enqueued, if they need one. */
  let enqueued = 0;
  /** How many of `outcomes` a stored row contains. */
  const storedIn = (stored: StoredChunk): number => countOf(stored) - countOf(claimed);

  /** The current row, if this worker still holds the claim. */
  const readOwn = async (): Promise<StoredChunk | undefined> => {
    const stored = await activity.chunk(event.eventId, chunk);
    return stored?.owner === claimed.owner ? stored : undefined;
  };

  /**
   * Stores the first `count` outcomes. Every transaction also replaces the chunk's row, and fails
   * if the ETag of that row has changed. So no outcome is stored twice, or after the claim is lost.
   */
  const write = async (count: number, { isComplete, untilMs }: ClaimEnd): Promise<void> => {
    for (let tries = 1; row !== undefined;) {
      const saving = oneTransaction(outcomes.slice(storedIn(row), count));
      const isAll = storedIn(row) + saving.length === count;
      const next: StoredChunk = { ...withOutcomes(row, saving), ...(isAll && { isComplete, untilMs }) };
      try {
        await addToWorkList(ports, recordsIn(saving));
        const etag = await activity.saveChunk(event, chunk, next, recordsIn(saving));
        if (etag !== undefined) {
          row = { ...next, etag };
          if (isAll) return;
          continue;
        }
        // Either the claim is lost, or this write or an earlier one succeeded and its response was
        // lost. The row shows how many outcomes are stored.
        row = await readOwn();
        if (row && storedIn(row) === count && row.isComplete === isComplete && row.untilMs === untilMs) return;
      } catch (error) {
        if (!(error instanceof StorageError) || tries >= MAX_TRIES) throw error;
        tries += 1;
      }
    }
  };

  return {
    add: (outcome) => void outcomes.push(outcome),
    holdsClaim: () => row !== undefined,
    claimedUntilMs: () => row?.untilMs ?? -Infinity,
    async save(next) {
      const count = outcomes.length;
      await write(count, next);
      if (row === undefined) return;
      const due = recordsIn(outcomes.slice(enqueued, count)).filter(isDue);
      enqueued = count;
      // A message is only a hint: the reconciler finds due deliveries without it.
      await allDone(due.map((record) => sendRetry(ports, record))).catch(ignoreStorageError);
    },
  };
}

/** The first outcomes, as many as fit into one transaction. */
function oneTransaction(outcomes: readonly Outcome[]): readonly Outcome[] {
  let records = 0;
  const end = outcomes.findIndex(({ kind }) => kind === 'recorded' && ++records > RECORDS_PER_WRITE);
  return end === -1 ? outcomes : outcomes.slice(0, end);
}

/** The number of outcomes that a chunk's row contains. */
function countOf({ delivered, recordCount }: StoredChunk): number {
  return delivered.length + recordCount;
}

function withOutcomes(row: StoredChunk, outcomes: readonly Outcome[]): StoredChunk {
  const delivered = outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? [outcome.delivered] : []));
  return {
    ...row,
    delivered: [...row.delivered, ...delivered],
    recordCount: row.recordCount + recordsIn(outcomes).length,
  };
}

function recordsIn(outcomes: readonly Outcome[]): DeliveryRecord[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'recorded' ? [outcome.record] : []));
}
