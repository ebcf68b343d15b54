import type { OpenEvent } from '../events/open-event.ts';
import { decide, type BirthPorts } from '../subscriptions/birth.ts';
import { isUndecided } from '../subscriptions/subscription.ts';
import { boundaryAt, CHUNK_SIZE, chunkRanges, type Member } from './chunk.ts';

/**
 * The subscriptions of a chunk, at most `limit`; `more` when there are others behind them. Those that are being made at this very
 * moment get their birth first, so that it is decided whether the event concerns them.
 */
export async function readChunk(
  ports: BirthPorts,
  open: OpenEvent,
  chunk: number,
  limit: number,
): Promise<{ members: Member[]; more: boolean }> {
  const members: Member[] = [];
  for (const { range, subjectHash, from, to } of chunkRanges(open, chunk)) {
    const { instanceId, trigger } = open.event;
    let next: string | undefined;
    do {
      if (members.length === limit) return { members, more: true };
      const page = await ports.store.page(
        { instanceId, trigger, subjectHash },
        { from, to, limit: Math.min(MAX_PAGE, limit - members.length), ...(next !== undefined && { next }) },
      );
      for (const subscription of page.subscriptions) {
        const decided = isUndecided(subscription) ? await decide(ports, subscription) : subscription;
        if (decided) members.push({ range, subscription: decided });
      }
      next = page.next;
    } while (next !== undefined);
  }
  return { members, more: false };
}

/** A storage page has at most this many rows. */
const MAX_PAGE = 1000;

/** Where the chunks after the first begin: every `CHUNK_SIZE` rows of the audience; and how many rows it has. */
export async function cutBoundaries(
  ports: BirthPorts,
  open: OpenEvent,
): Promise<{ boundaries: string[]; count: number }> {
  const boundaries: string[] = [];
  let count = 0;
  for (const { range, subjectHash, from, to } of chunkRanges({ ...open, boundaries: undefined }, 0)) {
    const { instanceId, trigger } = open.event;
    let next: string | undefined;
    do {
      const page = await ports.store.rowKeys(
        { instanceId, trigger, subjectHash },
        { from, to, ...(next !== undefined && { next }) },
      );
      for (const rowKey of page.rowKeys) {
        if (count > 0 && count % CHUNK_SIZE === 0) boundaries.push(boundaryAt(range, rowKey));
        count += 1;
      }
      next = page.next;
    } while (next !== undefined);
  }
  return { boundaries, count };
}
