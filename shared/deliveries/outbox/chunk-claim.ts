import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { StoredChunk } from '../records/activity-store.ts';
import { formatDeliveryId } from '../records/delivery-id.ts';
import type { ChunkPorts } from './chunk-ports.ts';

export type Claim =
  /** `isNew`: the chunk has not been claimed before. */
  | { readonly kind: 'claimed'; readonly row: StoredChunk; readonly isNew: boolean }
  /** Every delivery of the chunk has its outcome. */
  | { readonly kind: 'complete' }
  /** Another worker holds the claim. */
  | { readonly kind: 'busy' };

/**
 * Claims a chunk. A chunk without a row has never been claimed. An expired claim is replaced only
 * if the ETag of the row has not changed, so that only one worker takes it over. The first claim
 * starts at `sinceMs`, when the recipients were read, because the list of recipients becomes
 * outdated. A first claim that would already have expired is not made.
 */
export async function claimChunk(
  ports: ChunkPorts,
  { event }: OutboxEntry,
  chunk: number,
  sinceMs: number,
): Promise<Claim> {
  const nowMs = ports.clock.now();
  const owner = ports.random.token(9);
  // The first claim would have expired. Another worker may have found no recipients since then and
  // removed the outbox entry, so a chunk's row that is inserted now could stay incomplete for ever.
  if (sinceMs + ports.claimMs <= nowMs) return { kind: 'busy' };
  const fresh = { owner, untilMs: sinceMs + ports.claimMs, isComplete: false, delivered: [], recordCount: 0 };
  const inserted = await ports.activity.insertClaim(event, chunk, fresh);
  if (inserted.kind === 'claimed') return { kind: 'claimed', row: { ...fresh, etag: inserted.etag }, isNew: true };
  const row = await ports.activity.chunk(event.eventId, chunk);
  if (row === undefined) return { kind: 'busy' };
  if (row.isComplete) return { kind: 'complete' };
  // A lost response makes the storage SDK repeat the insert, which then conflicts with the first.
  if (row.owner === owner) return { kind: 'claimed', row, isNew: true };
  if (row.untilMs > nowMs) return { kind: 'busy' };
  const taken: StoredChunk = { ...row, owner, untilMs: nowMs + ports.claimMs };
  const etag = await ports.activity.saveChunk(event, chunk, taken, []);
  return etag === undefined ? { kind: 'busy' } : { kind: 'claimed', row: { ...taken, etag }, isNew: false };
}

/** The ids of the deliveries whose outcomes were stored under earlier claims on the chunk. */
export async function deliveriesWithOutcome(
  ports: ChunkPorts,
  entry: OutboxEntry,
  { row, isNew }: Claim & { kind: 'claimed' },
): Promise<ReadonlySet<string>> {
  if (isNew) return new Set();
  const delivered = row.delivered.map(({ range, rowKey }) => formatDeliveryId(entry.event.eventId, range, rowKey));
  const records = await ports.activity.recordsOf(entry.event);
  return new Set([...delivered, ...records.map(({ deliveryId }) => deliveryId)]);
}
