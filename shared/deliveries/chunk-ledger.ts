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
   * no answer several times: what was not written is kept for the next call.
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
  let unsaved: Outcome[] = [];

  /** The row as it is now, if the claim is still ours. Another etag than we know means that a write took effect unseen. */
  const readOwn = async (): Promise<StoredChunk | undefined> => {
    const stored = await activity.chunk(event.eventId, chunk);
    return stored?.owner === claimed.owner ? stored : undefined;
  };

  return {
    add: (outcome) => void unsaved.push(outcome),
    claimedUntilMs: () => row?.untilMs ?? 0,
    async save({ settled, untilMs }) {
      const saving = unsaved;
      unsaved = [];
      for (let tries = 1; row !== undefined; tries++) {
        const next: StoredChunk = { ...withOutcomes(row, saving), settled, untilMs };
        try {
          const etag = await activity.saveChunk(event, chunk, next, troublesOf(saving));
          if (etag !== undefined) {
            row = { ...next, etag };
            return;
          }
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          if (tries === MAX_TRIES) {
            unsaved = [...saving, ...unsaved];
            throw error;
          }
        }
        const stored = await readOwn();
        const tookEffect = stored !== undefined && stored.etag !== row.etag;
        row = stored;
        if (tookEffect) return;
      }
    },
  };
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
