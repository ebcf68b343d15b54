import { packGuid, shortHash, unpackGuid } from '../triggers/subject.ts';
import type { Fact } from './event.ts';

/**
 * The parts of an event id. They are the address of the event's row: table (`month`), partition
 * (`instanceId`) and row key (`occurredAtMs`, `identity`). An id consists of `evt_`, the month of
 * detection as `yymm` (4 characters), the packed instance id (22), the time in ms in base 36 (9)
 * and the hash of the fact (22).
 */
export interface EventAddress {
  /** The month of detection as `yyyymm`, as in the name of the activity table. */
  readonly month: string;
  readonly instanceId: string;
  readonly occurredAtMs: number;
  /** The hash of the `Fact` in Customer Insights that the event stands for. */
  readonly identity: string;
}

const TIME_DIGITS = 9;
const MAX_TIME = 36 ** TIME_DIGITS - 1;
const pattern = /^evt_(\d{4})([A-Za-z0-9_-]{22})([0-9a-z]{9})([A-Za-z0-9_-]{22})$/;

export const EVENT_ID_LENGTH = 4 + 4 + 22 + TIME_DIGITS + 22;

/**
 * Returns the id of an event. The same fact with the same `occurredAtMs` always gets the same id,
 * unless it is detected again in another month. That does no harm: an event is committed together
 * with the state that marks its fact as processed, so a fact is detected again only if its first
 * detection was not committed.
 */
export function eventIdOf(fact: Fact, occurredAtMs: number, detectedAtMs: number): string {
  const identity = shortHash(fact.instanceId, fact.trigger, fact.subject ?? '', fact.occurrence);
  return formatEventId({ month: monthOf(detectedAtMs), instanceId: fact.instanceId, occurredAtMs, identity });
}

export function formatEventId(address: EventAddress): string {
  return `evt_${address.month.slice(2)}${packGuid(address.instanceId)}${base36(address.occurredAtMs)}${address.identity}`;
}

/** Parses an event id. Returns `undefined` when the string is not a valid event id. */
export function parseEventId(id: string): EventAddress | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, month, packed, time, identity] = match as unknown as [string, string, string, string, string];
  const instanceId = unpackGuid(packed);
  if (instanceId === undefined) return undefined;
  return { month: `20${month}`, instanceId, occurredAtMs: Number.parseInt(time, 36), identity };
}

/**
 * The prefix of the row keys of everything stored for an event in the activity table: the largest
 * possible time minus the time of the event, so that rows sort newest first, and the hash of the
 * fact.
 */
export function eventKey(address: EventAddress): string {
  return base36(MAX_TIME - clampTime(address.occurredAtMs)) + address.identity;
}

/** Length of the prefix that `eventKey` returns. */
export const EVENT_KEY_LENGTH = TIME_DIGITS + 22;

/** Parses the prefix of a row key. The inverse of `eventKey`. */
export function eventKeyParts(rowKey: string): Pick<EventAddress, 'occurredAtMs' | 'identity'> {
  return { occurredAtMs: instantOfKey(rowKey), identity: rowKey.slice(TIME_DIGITS, EVENT_KEY_LENGTH) };
}

/** The first row key of the events that occurred at or before `instantMs`. */
export function eventKeyAt(instantMs: number): string {
  return base36(MAX_TIME - clampTime(instantMs));
}

/** Returns when the event with a row key occurred. The inverse of `eventKeyAt`. */
export function instantOfKey(rowKey: string): number {
  return MAX_TIME - Number.parseInt(rowKey.slice(0, TIME_DIGITS), 36);
}

/** The month of an instant in UTC, as `yyyymm`. */
export function monthOf(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 7).replace('-', '');
}

function clampTime(ms: number): number {
  return Math.min(Math.max(Math.trunc(ms), 0), MAX_TIME);
}

function base36(ms: number): string {
  return clampTime(ms).toString(36).padStart(TIME_DIGITS, '0');
}
