import type { OutboxEntry } from '../../events/outbox-entry.ts';
import { resolvePending, type ActivatePorts } from '../../subscriptions/activate.ts';
import { isPending } from '../../subscriptions/subscription.ts';
import { boundaryAt, CHUNK_SIZE, chunkOf, chunkRanges, type Recipient } from './chunk.ts';

/**
 * The subscriptions of a chunk, at most `limit`; `more` when there are others behind them. Those that are being made at this very
 * moment get their birth first, so that it is decided whether the event concerns them.
 */
export async function readChunk(
  ports: ActivatePorts,
  open: OutboxEntry,
  chunk: number,
  limit: number,
): Promise<{ members: Recipient[]; more: boolean }> {
  const members: Recipient[] = [];
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
        const decided = isPending(subscription) ? await resolvePending(ports, subscription) : subscription;
        if (decided) members.push({ range, subscription: decided });
      }
      next = page.next;
    } while (next !== undefined);
  }
  return { members, more: false };
}

/** A storage page has at most this many rows. */
export const MAX_PAGE = 1000;

/** Where the chunks after the first begin when these are all members, and how many they are: as `cutBoundaries` without reading. */
export function boundariesOf(members: readonly Recipient[]): { boundaries: string[]; count: number } {
  const starts = members.filter((_, index) => index > 0 && index % CHUNK_SIZE === 0);
  const boundaries = starts.map(({ range, subscription }) => boundaryAt(range, subscription.address.rowKey));
  return { boundaries, count: members.length };
}

/** Members that were read from the first on, by their chunk; without the last chunk when `more` may belong to it. */
export function byChunk(
  open: OutboxEntry,
  { members, more }: { members: readonly Recipient[]; more: boolean },
): Map<number, readonly Recipient[]> {
  const chunks = Map.groupBy(members, (member) => chunkOf(open, member));
  const last = members.at(-1);
  if (more && last) chunks.delete(chunkOf(open, last));
  return chunks;
}

/** Where the chunks after the first begin: every `CHUNK_SIZE` rows of the audience; and how many rows it has. */
export async function cutBoundaries(
  ports: ActivatePorts,
  open: OutboxEntry,
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
