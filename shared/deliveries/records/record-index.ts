import { EVENT_KEY_LENGTH, eventKeyParts, formatEventId } from '../../events/event-id.ts';
import { ROW_KEY_LENGTH } from '../../subscriptions/subscription-id.ts';
import { RECORD_MARK } from './activity-rows.ts';
import { formatDeliveryId } from './delivery-id.ts';

/*
 * Index rows of delivery records. Each is written in the same transaction as its record. Their keys
 * sort after those of all other rows of the partition, so that queries for events do not read them.
 */

/** Prefix of the index by due time. An index row exists exactly while the record has a due time. */
const DUE_PREFIX = '~d';
/**
 * Prefix of the index by subscription. An index row exists exactly while the delivery waits for the
 * subscription.
 */
const WAIT_PREFIX = '~s';
const TIME_DIGITS = 9;
/**
 * The key of a record consists of the event's key, `RECORD_MARK`, the index of the recipient range
 * (1 digit) and the subscription's row key.
 */
const RECORD_KEY_LENGTH = EVENT_KEY_LENGTH + RECORD_MARK.length + 1 + ROW_KEY_LENGTH;

export function dueKey(dueAtMs: number, recordKey: string): string {
  return DUE_PREFIX + timeKey(dueAtMs) + recordKey;
}

export function waitKey(subscriptionId: string, recordKey: string): string {
  return waitPrefix(subscriptionId) + oldestFirst(recordKey);
}

/** The key range of the index by due time, earliest first. */
export const DUE_RANGE = { from: DUE_PREFIX, to: `${DUE_PREFIX}~` } as const;

/** The key range of the deliveries that wait for a subscription, oldest event first. */
export function waitRange(subscriptionId: string): { readonly from: string; readonly to: string } {
  const prefix = waitPrefix(subscriptionId);
  return { from: prefix, to: `${prefix}~` };
}

/** The delivery record that an index row names. */
export interface IndexedRecord {
  readonly recordKey: string;
  readonly deliveryId: string;
}

/** Parses a row key of the index by due time. */
export function readDueKey(
  indexKey: string,
  partition: { readonly instanceId: string; readonly month: string },
): IndexedRecord & { readonly dueAtMs: number } {
  const rest = indexKey.slice(DUE_PREFIX.length);
  const recordKey = rest.slice(TIME_DIGITS);
  const dueAtMs = Number.parseInt(rest.slice(0, TIME_DIGITS), 36);
  return { dueAtMs, recordKey, deliveryId: deliveryIdAt(recordKey, partition) };
}

/** The id of the delivery that a row of either index names. */
export function deliveryOfIndexKey(
  indexKey: string,
  partition: { readonly instanceId: string; readonly month: string },
): string {
  const recordKey = indexKey.slice(-RECORD_KEY_LENGTH);
  return deliveryIdAt(indexKey.startsWith(WAIT_PREFIX) ? oldestFirst(recordKey) : recordKey, partition);
}

/** Parses a row key of the index by subscription and returns the key of the record. */
export function readWaitKey(indexKey: string, subscriptionId: string): string {
  return oldestFirst(indexKey.slice(waitPrefix(subscriptionId).length));
}

function waitPrefix(subscriptionId: string): string {
  return WAIT_PREFIX + subscriptionId;
}

function deliveryIdAt(recordKey: string, { instanceId, month }: { instanceId: string; month: string }): string {
  const { occurredAtMs, identity } = eventKeyParts(recordKey);
  const eventId = formatEventId({ month, instanceId, occurredAtMs, identity });
  const recipient = recordKey.slice(EVENT_KEY_LENGTH + RECORD_MARK.length);
  return formatDeliveryId(eventId, Number(recipient[0]), recipient.slice(1));
}

/**
 * Changes the time at the beginning of a record key, so that keys sort oldest first instead of
 * newest first. Applying the function twice returns the original key.
 */
function oldestFirst(recordKey: string): string {
  const timeLeft = Number.parseInt(recordKey.slice(0, TIME_DIGITS), 36);
  return timeKey(36 ** TIME_DIGITS - 1 - timeLeft) + recordKey.slice(TIME_DIGITS);
}

function timeKey(ms: number): string {
  return Math.max(0, Math.ceil(ms)).toString(36).padStart(TIME_DIGITS, '0');
}
