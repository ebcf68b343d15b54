import type { RecipientRange, OutboxEntry } from '../../events/outbox-entry.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/**
 * Number of recipients of a chunk when its boundaries are saved. One storage page (1,000 rows) then
 * covers four chunks, and the outcomes of a chunk, up to 110 characters each, fit into one string
 * column.
 */
export const CHUNK_SIZE = 250;

/** A subscription that an event concerns, and the range it was found in. */
export interface Recipient {
  /** Index of the range in `OutboxEntry.recipients`. */
  readonly range: number;
  readonly subscription: Subscription;
}

/** The part of one recipient range that a chunk covers: `from` inclusive, `to` exclusive. */
export interface ChunkRange extends RecipientRange {
  /** Index of the recipient range. */
  readonly range: number;
}

/** The number of chunks of an event, or 1 until its boundaries are saved. */
export function chunkCount({ boundaries }: OutboxEntry): number {
  return 1 + (boundaries?.length ?? 0);
}

/** The row ranges that a chunk covers. Chunks have no gaps between them and do not overlap. */
export function chunkRanges(entry: OutboxEntry, chunk: number): ChunkRange[] {
  const [start, end] = [chunk - 1, chunk].map((index) => {
    const boundary = entry.boundaries?.[index];
    return boundary === undefined ? undefined : parseBoundary(boundary);
  });
  return entry.recipients.flatMap((recipients, range) => {
    if (start && range < start.range) return [];
    if (end && range > end.range) return [];
    const from = start?.range === range ? start.rowKey : recipients.from;
    const to = end?.range === range ? end.rowKey : recipients.to;
    return from >= to ? [] : [{ subjectHash: recipients.subjectHash, range, from, to }];
  });
}

/** The number of the chunk that a recipient belongs to. */
export function chunkOf({ boundaries = [] }: OutboxEntry, { range, subscription }: Recipient): number {
  const { rowKey } = subscription.address;
  const next = boundaries.findIndex((boundary) => {
    const start = parseBoundary(boundary);
    return start.range > range || (start.range === range && start.rowKey > rowKey);
  });
  return next < 0 ? boundaries.length : next;
}

/** A boundary as it is stored: the range and row key of the first row of a chunk. */
export function boundaryAt(range: number, rowKey: string): string {
  return `${range}:${rowKey}`;
}

function parseBoundary(boundary: string): { range: number; rowKey: string } {
  const colon = boundary.indexOf(':');
  return { range: Number(boundary.slice(0, colon)), rowKey: boundary.slice(colon + 1) };
}
