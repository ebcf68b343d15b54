import { Type } from '@sinclair/typebox';
import { instanceNotAllowed } from '../allowed-instances.ts';
import { bodyRefusal } from '../body-error.ts';
import { resolveTarget } from '../deliveries/attempt/target.ts';
import { recordOfRow, type DeliveryRecord } from '../deliveries/records/delivery-record.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Tables } from '../storage/tables.ts';
import { inputValidatorOf } from '../validation.ts';
import { isLost } from './lost-deliveries.ts';
import { newestRows } from './newest-rows.ts';
import { PACE_MS, pacedWrites } from './paced-writes.ts';
import { sendAgain, type RedeliverPorts } from './redeliver.ts';
import { parseTimeRange, timestamp } from './time-range.ts';

/** The body of a request to send the lost deliveries of one subscription again. */
export const recoverRequest = Type.Object(
  { since: timestamp, until: Type.Optional(timestamp) },
  { additionalProperties: false },
);
export const validateRecoverRequest = inputValidatorOf(recoverRequest);

export interface Recovered {
  readonly kind: 'recovered';
  /** The number of deliveries that this call made due. */
  readonly recovered: number;
  /** Whether the range holds further deliveries. If so, the caller has to call again. */
  readonly more: boolean;
}

/** Maximum number of deliveries that one call sends again. */
export const MAX_RECOVERED = 1_000;

/**
 * Sends the lost (dead or parked) deliveries of a subscription again, for events that occurred in a
 * time range. Each delivery gets one attempt under its own delivery id, `PACE_MS` after the one
 * before. A delivery that is already being sent again is skipped and not counted, so the call may
 * be repeated.
 */
export async function recover(
  ports: RedeliverPorts & { readonly tables: Tables },
  subscriptionId: string,
  body: unknown,
): Promise<Recovered | Refusal> {
  const validated = validateRecoverRequest(body);
  if (validated.kind === 'invalid') return bodyRefusal(validated.errors);
  const range = parseTimeRange(validated.value);
  if (range.kind === 'invalid') return bodyRefusal(range.errors);
  const { own, target } = await resolveTarget(ports, subscriptionId, 'operator');
  if (own === undefined || own.status === 'deleted')
    return refusal('subscription-unknown', 'There is no subscription with this id.');
  if (!ports.isAllowed(own.instanceId)) return instanceNotAllowed();
  if (target.kind !== 'call') {
    return refusal('subscription-ended', 'The subscription has ended, so there is no flow to call.');
  }
  const { sinceMs, untilMs } = range;
  // `trouble` is the stored name of a delivery record.
  const search = { instanceIds: [own.instanceId], where: { kind: 'trouble', subscriptionId }, sinceMs, untilMs };
  let recovered = 0;
  let next: string | undefined;
  do {
    const page = await newestRows(ports.tables, search, { limit: 1_000, ...(next !== undefined && { next }) });
    const lost = page.rows.map(recordOfRow).filter(isLost);
    const batch = lost.slice(0, MAX_RECOVERED - recovered);
    recovered += await sendAll(ports, batch, recovered);
    if (batch.length < lost.length) return { kind: 'recovered', recovered, more: true };
    next = page.next;
  } while (next !== undefined);
  return { kind: 'recovered', recovered, more: false };
}

/**
 * Makes records due. `before` is the number of records that this request has already made due, so
 * that their due times come first. Returns the number of records written. Skips records that
 * another writer has changed meanwhile.
 */
async function sendAll(ports: RedeliverPorts, records: readonly DeliveryRecord[], before: number): Promise<number> {
  const firstDueMs = ports.clock.now() + before * PACE_MS;
  const results = await pacedWrites(records, firstDueMs, (record, dueAtMs) => sendAgain(ports, record, dueAtMs));
  return results.filter((result) => result === 'written').length;
}
