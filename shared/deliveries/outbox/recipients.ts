import type { OutboxEntry } from '../../events/outbox-entry.ts';
import { resolvePending, type ActivatePorts } from '../../subscriptions/activate.ts';
import { isPending } from '../../subscriptions/subscription.ts';
import { boundaryAt, CHUNK_SIZE, chunkOf, chunkRanges, type Recipient } from './chunk.ts';

/**
 * Reads the recipients of a chunk, at most `limit`. `more`: whether the chunk has further
 * recipients. A subscription whose `activeFrom` or `activeUntil` is not set yet (`isPending`) is
 * resolved first, because without these sequence numbers it is unknown whether the event concerns
 * the subscription.
 */
export async function readChunk(
  ports: ActivatePorts,
  entry: OutboxEntry,
  chunk: number,
  limit: number,
): Promise<{ recipients: Recipient[]; more: boolean }> {
  const recipients: Recipient[] = [];
  for (const { range, subjectHash, from, to } of chunkRanges(entry, chunk)) {
    const { instanceId, trigger } = entry.event;
    let next: string | undefined;
    do {
      if (recipients.length === limit) return { recipients, more: true };
      const page = await ports.store.page(
        { instanceId, trigger, subjectHash },
        { from, to, limit: Math.min(MAX_PAGE, limit - recipients.length), ...(next !== undefined && { next }) },
      );
      for (const subscription of page.subscriptions) {
        const resolved = isPending(subscription) ? await resolvePending(ports, subscription) : subscription;
        if (resolved) recipients.push({ range, subscription: resolved });
      }
      next = page.next;
    } while (next !== undefined);
  }
  return { recipients, more: false };
}

/** Maximum number of rows on a storage page. */
export const MAX_PAGE = 1000;

/**
 * Returns the same as `readBoundaries`, but from recipients that have already been read.
 * `recipients` must be all recipients of the event.
 */
export function boundariesOf(recipients: readonly Recipient[]): { boundaries: string[]; count: number } {
  const starts = recipients.filter((_, index) => index > 0 && index % CHUNK_SIZE === 0);
  const boundaries = starts.map(({ range, subscription }) => boundaryAt(range, subscription.address.rowKey));
  return { boundaries, count: recipients.length };
}

/**
 * Groups the first recipients of an event by chunk. If there are more recipients, the last chunk
 * may be incomplete and is left out.
 */
export function byChunk(
  entry: OutboxEntry,
  { recipients, more }: { recipients: readonly Recipient[]; more: boolean },
): Map<number, readonly Recipient[]> {
  const chunks = Map.groupBy(recipients, (recipient) => chunkOf(entry, recipient));
  const last = recipients.at(-1);
  if (more && last) chunks.delete(chunkOf(entry, last));
  return chunks;
}

/**
 * Reads the keys of all recipients. Returns a chunk boundary for every `CHUNK_SIZE` rows, and the
 * number of rows.
 */
export async function readBoundaries(
  ports: ActivatePorts,
  entry: OutboxEntry,
): Promise<{ boundaries: string[]; count: number }> {
  const boundaries: string[] = [];
  let count = 0;
  for (const { range, subjectHash, from, to } of chunkRanges({ ...entry, boundaries: undefined }, 0)) {
    const { instanceId, trigger } = entry.event;
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
