import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { StoredChunk } from '../records/activity-store.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { formatDeliveryId } from '../records/delivery-id.ts';

export type Claim =
  /** `isNew`: nobody worked on the chunk before. */
  | { readonly kind: 'claimed'; readonly row: StoredChunk; readonly isNew: boolean }
  | { readonly kind: 'settled' }
  /** Somebody else's claim holds. */
  | { readonly kind: 'busy' };

/**
 * A chunk without a row is free; one whose claim has run out is taken over by compare-and-swap. A first claim counts from `sinceMs`, the
 * look at the audience that it goes with: what was seen then is not true for ever. One that would have run out already is not made.
 */
export async function claimChunk(
  ports: ChunkPorts,
  { event }: OutboxEntry,
  chunk: number,
  sinceMs: number,
): Promise<Claim> {
  const nowMs = ports.clock.now();
  const owner = ports.random.token(9);
  // Whoever looked after us may have found nobody left, and closed the event: then a row of ours would never be settled.
  if (sinceMs + ports.claimMs <= nowMs) return { kind: 'busy' };
  const fresh = { owner, untilMs: sinceMs + ports.claimMs, isComplete: false, delivered: [], recordCount: 0 };
  const inserted = await ports.activity.insertClaim(event, chunk, fresh);
  if (inserted.kind === 'claimed') return { kind: 'claimed', row: { ...fresh, etag: inserted.etag }, isNew: true };
  const row = await ports.activity.chunk(event.eventId, chunk);
  if (row === undefined) return { kind: 'busy' };
  if (row.isComplete) return { kind: 'settled' };
  // The insert may have taken effect although its answer was lost and the client sent it again.
  if (row.owner === owner) return { kind: 'claimed', row, isNew: true };
  if (row.untilMs > nowMs) return { kind: 'busy' };
  const taken: StoredChunk = { ...row, owner, untilMs: nowMs + ports.claimMs };
  const etag = await ports.activity.saveChunk(event, chunk, taken, []);
  return etag === undefined ? { kind: 'busy' } : { kind: 'claimed', row: { ...taken, etag }, isNew: false };
}

/** The deliveries that an earlier claim on the chunk has written down. */
export async function deliveriesWithOutcome(
  ports: ChunkPorts,
  open: OutboxEntry,
  { row, isNew }: Claim & { kind: 'claimed' },
): Promise<ReadonlySet<string>> {
  if (isNew) return new Set();
  const delivered = row.delivered.map(({ range, rowKey }) => formatDeliveryId(open.event.eventId, range, rowKey));
  const records = await ports.activity.recordsOf(open.event);
  return new Set([...delivered, ...records.map(({ deliveryId }) => deliveryId)]);
}
