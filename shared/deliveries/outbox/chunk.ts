import type { RecipientRange, OutboxEntry } from '../../events/outbox-entry.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/**
 * How many subscriptions one worker takes at a time. One storage page holds 1,000 and one outcome row about 300 deliveries (each at
 * most 110 characters of a megabyte that is written twice at most).
 */
export const CHUNK_SIZE = 250;

/** A subscription and its place in an event's audience. */
export interface Recipient {
  /** Index of the audience range. */
  readonly range: number;
  readonly subscription: Subscription;
}

/** The part of an audience that a chunk covers: within one range, `from` inclusive, `to` exclusive. */
export interface ChunkRange extends RecipientRange {
  readonly range: number;
}

/** How many chunks an event has; 1 until they are cut. */
export function chunkCount({ boundaries }: OutboxEntry): number {
  return 1 + (boundaries?.length ?? 0);
}

/** The ranges of the audience that a chunk covers. Chunks follow each other without gap or overlap. */
export function chunkRanges(open: OutboxEntry, chunk: number): ChunkRange[] {
  const [start, end] = [chunk - 1, chunk].map((index) => {
    const boundary = open.boundaries?.[index];
    return boundary === undefined ? undefined : parseBoundary(boundary);
  });
  return open.recipients.flatMap((audience, range) => {
    if (start && range < start.range) return [];
    if (end && range > end.range) return [];
    const from = start?.range === range ? start.rowKey : audience.from;
    const to = end?.range === range ? end.rowKey : audience.to;
    return from >= to ? [] : [{ subjectHash: audience.subjectHash, range, from, to }];
  });
}

/** The chunk that a member belongs to. */
export function chunkOf({ boundaries = [] }: OutboxEntry, { range, subscription }: Recipient): number {
  const { rowKey } = subscription.address;
  const next = boundaries.findIndex((boundary) => {
    const start = parseBoundary(boundary);
    return start.range > range || (start.range === range && start.rowKey > rowKey);
  });
  return next < 0 ? boundaries.length : next;
}

/** A boundary as it is stored: the place of the first row of a chunk. */
export function boundaryAt(range: number, rowKey: string): string {
  return `${range}:${rowKey}`;
}

function parseBoundary(boundary: string): { range: number; rowKey: string } {
  const colon = boundary.indexOf(':');
  return { range: Number(boundary.slice(0, colon)), rowKey: boundary.slice(colon + 1) };
}
