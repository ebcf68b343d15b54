import { EVENT_KEY_LENGTH, eventKeyParts, formatEventId } from '../../events/event-id.ts';
import { RECORD_MARK } from './activity-rows.ts';
import { formatDeliveryId } from './delivery-id.ts';

/*
 * Index rows of delivery records. They lie behind all other rows of their partition, so that whoever reads events never meets them, and are
 * written in the transaction of their record.
 */

/** By due time: exactly while a further attempt is due. */
const DUE_PREFIX = '~d';
/** By the subscription that is waited for: exactly while the record waits. */
const WAIT_PREFIX = '~s';
const TIME_DIGITS = 9;

export function dueKey(dueAtMs: number, recordKey: string): string {
  return DUE_PREFIX + timeKey(dueAtMs) + recordKey;
}

export function waitKey(subscriptionId: string, recordKey: string): string {
  return waitPrefix(subscriptionId) + oldestFirst(recordKey);
}

/** The range of index rows of all that is due at some time, what is due first before the others. */
export const DUE_RANGE = { from: DUE_PREFIX, to: `${DUE_PREFIX}~` } as const;

/** The range of index rows of what waits for a subscription, those of the oldest events first. */
export function waitingFor(subscriptionId: string): { readonly from: string; readonly to: string } {
  const prefix = waitPrefix(subscriptionId);
  return { from: prefix, to: `${prefix}~` };
}

export interface IndexedRecord {
  readonly recordKey: string;
  readonly deliveryId: string;
}

/** The due time and the record that an index row by due time names. */
export function readDueKey(
  indexKey: string,
  place: { readonly instanceId: string; readonly month: string },
): IndexedRecord & { readonly dueAtMs: number } {
  const rest = indexKey.slice(DUE_PREFIX.length);
  const recordKey = rest.slice(TIME_DIGITS);
  const dueAtMs = Number.parseInt(rest.slice(0, TIME_DIGITS), 36);
  return { dueAtMs, recordKey, deliveryId: deliveryIdAt(recordKey, place) };
}

/** The key of the record that an index row by subscription names. */
export function readWaitKey(indexKey: string, subscriptionId: string): string {
  return oldestFirst(indexKey.slice(waitPrefix(subscriptionId).length));
}

function waitPrefix(subscriptionId: string): string {
  return WAIT_PREFIX + subscriptionId;
}

function deliveryIdAt(recordKey: string, { instanceId, month }: { instanceId: string; month: string }): string {
  const { occurredAtMs, identity } = eventKeyParts(recordKey);
  const eventId = formatEventId({ month, instanceId, occurredAtMs, identity });
  const place = recordKey.slice(EVENT_KEY_LENGTH + RECORD_MARK.length);
  return formatDeliveryId(eventId, Number(place[0]), place.slice(1));
}

/** Record keys begin with the time that is left; here with the time of occurrence. Its own inverse. */
function oldestFirst(recordKey: string): string {
  const left = Number.parseInt(recordKey.slice(0, TIME_DIGITS), 36);
  return timeKey(36 ** TIME_DIGITS - 1 - left) + recordKey.slice(TIME_DIGITS);
}

function timeKey(ms: number): string {
  return Math.max(0, Math.ceil(ms)).toString(36).padStart(TIME_DIGITS, '0');
}
