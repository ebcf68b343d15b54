import { eventKey, parseEventId, type EventAddress } from '../../events/event-id.ts';
import type { Event } from '../../events/event.ts';
import type { Row, StoredRow } from '../../storage/tables.ts';
import type { AttemptRecord } from './attempt-record.ts';

/**
 * The name of the activity table for the events that were detected in `month` (`yyyymm`). Old
 * tables are dropped as a whole.
 */
export function activityTable(month: string): string {
  return `activity${month}`;
}

/**
 * A row key is the key of the event, then the mark of the kind of row: a chunk, the event itself or
 * a delivery record. The marks are stored, so they never change.
 */
export const CHUNK_MARK = '!c';
const EVENT_MARK = '!e';
export const RECORD_MARK = '!t';
const VERSION = 1;
/** Number of characters of outcomes in one column. A column holds at most 32,000. */
const OUTCOME_CHARACTERS = 30_000;

/**
 * Parses an event id that this app has created. Throws on an invalid id. Ids that callers send must
 * go through `parseEventId`.
 */
export function addressOfEvent(eventId: string): EventAddress {
  const address = parseEventId(eventId);
  if (address === undefined) throw new Error(`not an event id: ${eventId.slice(0, 100)}`);
  return address;
}

export function chunkRowKey(address: EventAddress, chunk: number): string {
  return `${eventKey(address)}${CHUNK_MARK}${String(chunk).padStart(6, '0')}`;
}

export function eventRowKey(address: EventAddress): string {
  return eventKey(address) + EVENT_MARK;
}

/**
 * The row key of a delivery record. `range` and `rowKey` identify the subscription: the index of
 * the recipient range that it was found in, and its row key.
 */
export function recordRowKey(address: EventAddress, range: number, rowKey: string): string {
  return `${eventKey(address)}${RECORD_MARK}${range}${rowKey}`;
}

/**
 * The row of an event, with the properties of the callback body. Written with the first claim on
 * each chunk, always with the same content.
 */
export function eventRow(event: Event): Row {
  const address = addressOfEvent(event.eventId);
  return {
    partitionKey: event.instanceId,
    rowKey: eventRowKey(address),
    v: VERSION,
    kind: 'event',
    trigger: event.trigger,
    event: JSON.stringify(event),
    test: event.test === true,
  };
}

export function eventOfRow(row: StoredRow): Event {
  return JSON.parse(String(row.values['event'])) as Event;
}

/**
 * A delivery that succeeded at its first attempt. `range` (the index of the recipient range that
 * the subscription was found in) and `rowKey` (of the subscription) identify the subscription.
 */
export interface DeliveredOutcome {
  readonly range: number;
  readonly rowKey: string;
  readonly attempt: AttemptRecord;
}

/** The row of a chunk: the claim on it, and the outcomes stored so far. */
export interface ChunkRow {
  /** A random token of the worker that holds the claim. */
  readonly owner: string;
  /** End of the claim unless it is renewed. The owner starts no attempt after it. */
  readonly untilMs: number;
  /** Whether every delivery of the chunk has an outcome. */
  readonly isComplete: boolean;
  readonly delivered: readonly DeliveredOutcome[];
  /** How many deliveries of the chunk have a delivery record. */
  readonly recordCount: number;
}

/**
 * The stored form of a chunk's row. The outcomes are arrays without property names, to save space.
 * Some column names differ from the code: see "Stored names" in docs/architecture.md.
 */
export function chunkRow(event: Event, chunk: number, content: ChunkRow): Row {
  const text = JSON.stringify(
    content.delivered.map(({ range, rowKey, attempt }) => [
      range,
      rowKey,
      Date.parse(attempt.at),
      attempt.durationMs,
      // 0 and the empty string stand for an absent status and an absent run id.
      attempt.status ?? 0,
      attempt.runId ?? '',
    ]),
  );
  const parts: Record<string, string> = {};
  for (let index = 0; index * OUTCOME_CHARACTERS < text.length; index++) {
    parts[`delivered${index}`] = text.slice(index * OUTCOME_CHARACTERS, (index + 1) * OUTCOME_CHARACTERS);
  }
  return {
    partitionKey: event.instanceId,
    rowKey: chunkRowKey(addressOfEvent(event.eventId), chunk),
    v: VERSION,
    kind: 'chunk',
    owner: content.owner,
    untilMs: content.untilMs,
    settled: content.isComplete,
    deliveredCount: content.delivered.length,
    troubled: content.recordCount,
    ...parts,
  };
}

export function chunkOfRow(row: StoredRow): ChunkRow {
  const { values } = row;
  let text = '';
  for (let index = 0; typeof values[`delivered${index}`] === 'string'; index++)
    text += String(values[`delivered${index}`]);
  const entries = JSON.parse(text === '' ? '[]' : text) as [number, string, number, number, number, string][];
  return {
    owner: String(values['owner']),
    untilMs: Number(values['untilMs']),
    isComplete: values['settled'] === true,
    recordCount: Number(values['troubled'] ?? 0),
    delivered: entries.map(([range, rowKey, atMs, durationMs, status, runId]) => ({
      range,
      rowKey,
      attempt: {
        number: 1,
        at: new Date(atMs).toISOString(),
        durationMs,
        ...(status !== 0 && { status }),
        code: 'delivered',
        ...(runId !== '' && { runId }),
      },
    })),
  };
}
