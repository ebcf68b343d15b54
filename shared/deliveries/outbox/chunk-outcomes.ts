import { allDone } from '../../all-done.ts';
import type { Clock } from '../../clock.ts';
import type { Event } from '../../events/event.ts';
import type { Queues } from '../../storage/queues.ts';
import { ignoreStorageError } from '../../storage/ignore-storage-error.ts';
import { StorageError } from '../../storage/tables.ts';
import type { DeliveredOutcome } from '../records/activity-rows.ts';
import { RECORDS_PER_WRITE, type ActivityStore, type StoredChunk } from '../records/activity-store.ts';
import { isDue, sendRetry, type DeliveryRecord } from '../records/delivery-record.ts';
import { addToWorkList, type UnfinishedPorts } from '../reconciler/add-to-work-list.ts';

/** What became of one delivery of a chunk, ready to be written down. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly delivered: DeliveredOutcome }
  | { readonly kind: 'trouble'; readonly record: DeliveryRecord };

/** The outcomes of a chunk on their way into its row, the messages of those that wait, and the claim that the row is. */
export interface ChunkOutcomes {
  add(outcome: Outcome): void;
  /**
   * Writes what was added since the last time, then sends the messages of what is due again; the claim then holds until `untilMs`. Rejects
   * with `StorageError` when storage gives no answer several times: what may not have been written is kept for the next call.
   */
  save(next: ClaimEnd): Promise<void>;
  /** Until when this worker may begin attempts; 0 once the claim is somebody else's. */
  claimedUntilMs(): number;
}

interface ClaimEnd {
  readonly settled: boolean;
  readonly untilMs: number;
}

export interface ChunkOutcomesPorts extends UnfinishedPorts {
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
  /** All of this claim, in the order in which they are written. */
  const outcomes: Outcome[] = [];
  /** How many of them had their messages sent. */
  let hinted = 0;
  const savedIn = (stored: StoredChunk): number => countOf(stored) - countOf(claimed);

  /** The row as it is now, if the claim is still ours. */
  const readOwn = async (): Promise<StoredChunk | undefined> => {
    const stored = await activity.chunk(event.eventId, chunk);
    return stored?.owner === claimed.owner ? stored : undefined;
  };

  /** Writes the first `count` outcomes. Each transaction has the chunk's row in it: nothing is written without the claim, or twice. */
  const write = async (count: number, { settled, untilMs }: ClaimEnd): Promise<void> => {
    for (let tries = 1; row !== undefined;) {
      const saving = oneTransaction(outcomes.slice(savedIn(row), count));
      const isAll = savedIn(row) + saving.length === count;
      const next: StoredChunk = { ...withOutcomes(row, saving), ...(isAll && { isComplete: settled, untilMs }) };
      try {
        await addToWorkList(ports, troublesOf(saving));
        const etag = await activity.saveChunk(event, chunk, next, troublesOf(saving));
        if (etag !== undefined) {
          row = { ...next, etag };
          if (isAll) return;
          continue;
        }
        // This write took effect unseen, or one before it of which nobody knew: the row itself says how much is in.
        row = await readOwn();
        if (row && savedIn(row) === count && row.isComplete === settled && row.untilMs === untilMs) return;
      } catch (error) {
        if (!(error instanceof StorageError) || tries >= MAX_TRIES) throw error;
        tries += 1;
      }
    }
  };

  return {
    add: (outcome) => void outcomes.push(outcome),
    claimedUntilMs: () => row?.untilMs ?? 0,
    async save(next) {
      const count = outcomes.length;
      await write(count, next);
      if (row === undefined) return;
      const due = troublesOf(outcomes.slice(hinted, count)).filter(isDue);
      hinted = count;
      // A message is a hint: without it the reconciler finds what is due.
      await allDone(due.map((record) => sendRetry(ports, record))).catch(ignoreStorageError);
    },
  };
}

/** As many of the outcomes as can be written at once. */
function oneTransaction(outcomes: readonly Outcome[]): readonly Outcome[] {
  let records = 0;
  const end = outcomes.findIndex(({ kind }) => kind === 'trouble' && ++records > RECORDS_PER_WRITE);
  return end === -1 ? outcomes : outcomes.slice(0, end);
}

function countOf({ delivered, recordCount: record }: StoredChunk): number {
  return delivered.length + record;
}

function withOutcomes(row: StoredChunk, outcomes: readonly Outcome[]): StoredChunk {
  const delivered = outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? [outcome.delivered] : []));
  return {
    ...row,
    delivered: [...row.delivered, ...delivered],
    recordCount: row.recordCount + troublesOf(outcomes).length,
  };
}

function troublesOf(outcomes: readonly Outcome[]): DeliveryRecord[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'trouble' ? [outcome.record] : []));
}
