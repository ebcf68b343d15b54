import type { Row, StoredRow } from '../storage/tables.ts';
import type { Event } from './event.ts';
import type { NewOutboxEntry, OutboxEntry, RecipientRange } from './outbox-entry.ts';

export const STATE_TABLE = 'state';

/**
 * Prefix of the row keys of outbox entries. They are in the same partition as the state of their
 * instance, so that one transaction can write both.
 */
export const OUTBOX_PREFIX = 'o:';
const VERSION = 1;
/**
 * Maximum number of chunk boundaries in one column, which holds 32,000 characters. A very large
 * fan-out needs several columns.
 */
const BOUNDARIES_PER_PROPERTY = 700;

export function outboxRowKey(eventId: string): string {
  return OUTBOX_PREFIX + eventId;
}

/** Some column names differ from the code: see "Stored names" in docs/architecture.md. */
export function outboxRow(entry: NewOutboxEntry): Row {
  const boundaries: Record<string, string> = {};
  entry.boundaries?.forEach((_, index, all) => {
    if (index % BOUNDARIES_PER_PROPERTY !== 0) return;
    const part = all.slice(index, index + BOUNDARIES_PER_PROPERTY);
    boundaries[`boundaries${index / BOUNDARIES_PER_PROPERTY}`] = part.join(' ');
  });
  return {
    partitionKey: entry.event.instanceId,
    rowKey: outboxRowKey(entry.event.eventId),
    v: VERSION,
    event: JSON.stringify(entry.event),
    sequence: entry.sequence,
    audience: JSON.stringify(entry.recipients),
    openedAt: entry.committedAt,
    writer: entry.writer,
    ...(entry.boundaries !== undefined && { cut: true }),
    ...boundaries,
  };
}

export function outboxEntryOfRow(row: StoredRow): OutboxEntry {
  const { values } = row;
  if (values['v'] !== VERSION) throw new Error(`outbox entry ${row.rowKey}: unknown version`);
  const parts: string[] = [];
  for (let index = 0; typeof values[`boundaries${index}`] === 'string'; index++) {
    parts.push(...String(values[`boundaries${index}`]).split(' '));
  }
  return {
    event: JSON.parse(String(values['event'])) as Event,
    sequence: Number(values['sequence']),
    recipients: JSON.parse(String(values['audience'])) as RecipientRange[],
    boundaries: values['cut'] === true ? parts : undefined,
    committedAt: String(values['openedAt']),
    writer: String(values['writer']),
    etag: row.etag,
  };
}
