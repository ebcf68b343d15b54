import { packGuid, shortHash, unpackGuid } from '../triggers/subject.ts';
import type { Fact } from './event.ts';

/**
 * An event id is the address of its row: table (month), partition (instance) and row key (time,
 * identity). `evt_` + month of detection `yymm` (4) + instance (22) + occurrence in ms, base 36 (9)
 * + hash of the fact (22).
 */
export interface EventAddress {
  /** `yyyymm`, as in the name of the activity table. */
  readonly month: string;
  readonly instanceId: string;
  readonly occurredAtMs: number;
  readonly identity: string;
}

const TIME_DIGITS = 9;
const MAX_TIME = 36 ** TIME_DIGITS - 1;
const pattern = /^evt_(\d{4})([A-Za-z0-9_-]{22})([0-9a-z]{9})([A-Za-z0-9_-]{22})$/;

export const EVENT_ID_LENGTH = 4 + 4 + 22 + TIME_DIGITS + 22;

/** The id of an event. The same fact that is detected in the same month always has the same id. */
export function eventIdOf(fact: Fact, occurredAtMs: number, detectedAtMs: number): string {
  const identity = shortHash(fact.instanceId, fact.trigger, fact.subject ?? '', fact.occurrence);
  return formatEventId({ month: monthOf(detectedAtMs), instanceId: fact.instanceId, occurredAtMs, identity });
}

export function formatEventId(address: EventAddress): string {
  return `evt_${address.month.slice(2)}${packGuid(address.instanceId)}${base36(address.occurredAtMs)}${address.identity}`;
}

/** Parses an event id. `undefined` when `formatEventId` cannot have created it. */
export function parseEventId(id: string): EventAddress | undefined {
  const match = pattern.exec(id);
  if (match === null) return undefined;
  const [, month, packed, time, identity] = match as unknown as [string, string, string, string, string];
  const instanceId = unpackGuid(packed);
  if (instanceId === undefined) return undefined;
  return { month: `20${month}`, instanceId, occurredAtMs: Number.parseInt(time, 36), identity };
}

/**
 * The beginning of the row keys of an event. It starts with the reversed time, so that rows sort
 * newest first.
 */
export function eventKey(address: EventAddress): string {
  return base36(MAX_TIME - clampTime(address.occurredAtMs)) + address.identity;
}

/** Length of `eventKey`. */
export const EVENT_KEY_LENGTH = TIME_DIGITS + 22;

/** Parses the beginning of a row key, the reverse of `eventKey`. */
export function eventKeyParts(rowKey: string): Pick<EventAddress, 'occurredAtMs' | 'identity'> {
  return { occurredAtMs: instantOfKey(rowKey), identity: rowKey.slice(TIME_DIGITS, EVENT_KEY_LENGTH) };
}

/** The first row key of the events that occurred at or before `instantMs`. */
export function eventKeyAt(instantMs: number): string {
  return base36(MAX_TIME - clampTime(instantMs));
}

/** When the event of a row key occurred, the reverse of `eventKeyAt`. */
export function instantOfKey(rowKey: string): number {
  return MAX_TIME - Number.parseInt(rowKey.slice(0, TIME_DIGITS), 36);
}

export function monthOf(instantMs: number): string {
  return new Date(instantMs).toISOString().slice(0, 7).replace('-', '');
}

function clampTime(ms: number): number {
  return Math.min(Math.max(Math.trunc(ms), 0), MAX_TIME);
}

function base36(ms: number): string {
  return clampTime(ms).toString(36).padStart(TIME_DIGITS, '0');
}
