import type { Row, StoredRow } from '../storage/tables.ts';
import type { Event } from './event.ts';
import type { AudienceRange, OpenEvent } from './open-event.ts';

export const STATE_TABLE = 'state';

/** Open events lie beside the state they came from, so that both are written in one transaction. */
export const OPEN_EVENT_PREFIX = 'o:';
const VERSION = 1;
/** A stored string holds 32,000 characters; boundaries of a very large fan-out take several. */
const BOUNDARIES_PER_PROPERTY = 700;

export function openEventRowKey(eventId: string): string {
  return OPEN_EVENT_PREFIX + eventId;
}

export function openEventRow(open: OpenEvent): Row {
  const boundaries: Record<string, string> = {};
  open.boundaries?.forEach((_, index, all) => {
    if (index % BOUNDARIES_PER_PROPERTY !== 0) return;
    const part = all.slice(index, index + BOUNDARIES_PER_PROPERTY);
    boundaries[`boundaries${index / BOUNDARIES_PER_PROPERTY}`] = part.join(' ');
  });
  return {
    partitionKey: open.event.instanceId,
    rowKey: openEventRowKey(open.event.eventId),
    v: VERSION,
    event: JSON.stringify(open.event),
    sequence: open.sequence,
    audience: JSON.stringify(open.audience),
    openedAt: open.openedAt,
    writer: open.writer,
    ...(open.boundaries !== undefined && { cut: true }),
    ...boundaries,
  };
}

export function openEventOfRow(row: StoredRow): OpenEvent {
  const { values } = row;
  if (values['v'] !== VERSION) throw new Error(`open event ${row.rowKey}: unknown version`);
  const parts: string[] = [];
  for (let index = 0; typeof values[`boundaries${index}`] === 'string'; index++) {
    parts.push(...String(values[`boundaries${index}`]).split(' '));
  }
  return {
    event: JSON.parse(String(values['event'])) as Event,
    sequence: Number(values['sequence']),
    audience: JSON.parse(String(values['audience'])) as AudienceRange[],
    boundaries: values['cut'] === true ? parts : undefined,
    openedAt: String(values['openedAt']),
    writer: String(values['writer']),
    etag: row.etag,
  };
}
