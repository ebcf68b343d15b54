import type { Event } from '../events/event.ts';
import { StorageError } from '../storage/tables.ts';
import type { DeliveredOutcome } from './activity-rows.ts';
import type { ActivityStore, StoredChunk } from './activity-store.ts';
import type { Trouble } from './trouble.ts';

/** What became of one delivery of a chunk, ready to be written down. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly delivered: DeliveredOutcome }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

/** The outcomes of a chunk on their way into its row, and the claim that the row is. */
export interface ChunkLedger {
  add(outcome: Outcome): void;
  /**
   * Writes what was added since the last time; the claim then holds until `untilMs`. Rejects with `StorageError` when storage gives
   * no answer several times: what may not have been written is kept for the next call.
   */
  save(next: { settled: boolean; untilMs: number }): Promise<void>;
  /** Until when this worker may begin attempts; 0 once the claim is somebody else's. */
  claimedUntilMs(): number;
}

const MAX_TRIES = 3;

export function chunkLedger(
  activity: Pick<ActivityStore, 'saveChunk' | 'chunk'>,
  event: Event,
  chunk: number,
  claimed: StoredChunk,
): ChunkLedger {
  let row: StoredChunk | undefined = claimed;
  /** All of this claim, in the order in which they are written. */
  const outcomes: Outcome[] = [];
  const savedIn = (stored: StoredChunk): number => countOf(stored) - countOf(claimed);

  /** The row as it is now, if the claim is still ours. */
  const readOwn = async (): Promise<StoredChunk | undefined> => {
    const stored = await activity.chunk(event.eventId, chunk);
    return stored?.owner === claimed.owner ? stored : undefined;
  };

  return {
    add: (outcome) => void outcomes.push(outcome),
    claimedUntilMs: () => row?.untilMs ?? 0,
    async save({ settled, untilMs }) {
      const count = outcomes.length;
      for (let tries = 1; row !== undefined; tries++) {
        const saving = outcomes.slice(savedIn(row), count);
        const next: StoredChunk = { ...withOutcomes(row, saving), settled, untilMs };
        try {
          const etag = await activity.saveChunk(event, chunk, next, troublesOf(saving));
          if (etag !== undefined) {
            row = { ...next, etag };
            return;
          }
          // This write took effect unseen, or one before it of which nobody knew: the row itself says how much is in.
          row = await readOwn();
          if (row && savedIn(row) === count && row.settled === settled && row.untilMs === untilMs) return;
        } catch (error) {
          if (!(error instanceof StorageError) || tries >= MAX_TRIES) throw error;
        }
      }
    },
  };
}

function countOf({ delivered, troubled }: StoredChunk): number {
  return delivered.length + troubled;
}

function withOutcomes(row: StoredChunk, outcomes: readonly Outcome[]): StoredChunk {
  const delivered = outcomes.flatMap((outcome) => (outcome.kind === 'delivered' ? [outcome.delivered] : []));
  return {
    ...row,
    delivered: [...row.delivered, ...delivered],
    troubled: row.troubled + troublesOf(outcomes).length,
  };
}

function troublesOf(outcomes: readonly Outcome[]): Trouble[] {
  return outcomes.flatMap((outcome) => (outcome.kind === 'trouble' ? [outcome.trouble] : []));
}
