import { Type } from '@sinclair/typebox';
import { instanceNotAllowed } from '../allowed-instances.ts';
import { bodyRefusal } from '../body-error.ts';
import { resolveTarget } from '../deliveries/attempt/target.ts';
import { recordOfRow, type DeliveryRecord } from '../deliveries/records/delivery-record.ts';
import { refusal, type BodyError, type Refusal } from '../problem.ts';
import type { Tables } from '../storage/tables.ts';
import { inputValidatorOf } from '../validation.ts';
import { newestRows } from './newest-rows.ts';
import { sendAgain, type RedeliverPorts } from './redeliver.ts';

const instant = Type.String({ format: 'date-time' });
/** The body of a recover call. */
export const recoverRequest = Type.Object(
  { since: instant, until: Type.Optional(instant) },
  { additionalProperties: false },
);
const validate = inputValidatorOf(recoverRequest);

export interface Recovered {
  readonly kind: 'recovered';
  /** Deliveries that were given a message by this call. */
  readonly recovered: number;
  /** There are others in the range: call again. */
  readonly more: boolean;
}

/** Deliveries that one call sends again. */
export const MAX_RECOVERED = 1_000;
/** Between two deliveries of one flow that go out: a flow that is just back is not flooded. */
const PACE_MS = 100;
/** How many are written at a time: enough that a call with a thousand of them ends in seconds. */
const AT_ONCE = 20;
/**
 * Sends again what never arrived, dead or parked, of a subscription's events that occurred in a range: each under its own id, one
 * attempt, paced. What is on its way already is neither sent nor counted again, so the same call may be repeated.
 */
export async function recover(
  ports: RedeliverPorts & { readonly tables: Tables },
  subscriptionId: string,
  body: unknown,
): Promise<Recovered | Refusal> {
  const range = rangeOf(body);
  if (range.kind === 'invalid') {
    return bodyRefusal(range.errors);
  }
  const { own, target } = await resolveTarget(ports, subscriptionId, true);
  if (own === undefined || own.status === 'deleted') return refusal('subscription-unknown', 'No such subscription.');
  if (!ports.isAllowed(own.instanceId)) return instanceNotAllowed();
  if (target.kind !== 'call') {
    return refusal('subscription-ended', 'The subscription has ended: there is nobody to deliver to.');
  }
  const { sinceMs, untilMs } = range;
  const search = { instanceIds: [own.instanceId], where: { kind: 'trouble', subscriptionId }, sinceMs, untilMs };
  let recovered = 0;
  let next: string | undefined;
  do {
    const page = await newestRows(ports.tables, search, { limit: 1_000, ...(next !== undefined && { next }) });
    const lost = page.rows.map(recordOfRow).filter(isLost);
    const now = lost.slice(0, MAX_RECOVERED - recovered);
    recovered += await sendAll(ports, now, recovered);
    if (now.length < lost.length) return { kind: 'recovered', recovered, more: true };
    next = page.next;
  } while (next !== undefined);
  return { kind: 'recovered', recovered, more: false };
}

type Range =
  | { readonly kind: 'range'; readonly sinceMs: number; readonly untilMs: number | undefined }
  | { readonly kind: 'invalid'; readonly errors: readonly BodyError[] };

function rangeOf(body: unknown): Range {
  const validated = validate(body);
  if (validated.kind === 'invalid') return validated;
  const { since, until } = validated.value;
  const sinceMs = Date.parse(since);
  const untilMs = until === undefined ? undefined : Date.parse(until);
  // The format allows a leap second and offsets without minutes, which are no instant to a `Date`.
  const unread = Object.entries({ since: sinceMs, until: untilMs }).filter(([, ms]) => Number.isNaN(ms));
  const errors = unread.map(([name]) => ({
    pointer: `/${name}`,
    message: 'must be an instant, with the minutes of its offset and no leap second',
  }));
  return errors.length > 0 ? { kind: 'invalid', errors } : { kind: 'range', sinceMs, untilMs };
}

function isLost(record: DeliveryRecord): boolean {
  return (record.status === 'dead' || record.status === 'parked') && !record.redelivering;
}

/** How many of them were written; one that somebody else changed meanwhile is theirs. */
async function sendAll(ports: RedeliverPorts, records: readonly DeliveryRecord[], before: number): Promise<number> {
  const startMs = ports.clock.now();
  let written = 0;
  for (let index = 0; index < records.length; index += AT_ONCE) {
    const results = await Promise.all(
      records.slice(index, index + AT_ONCE).map((record, offset) => {
        const dueAtMs = startMs + (before + index + offset) * PACE_MS;
        return sendAgain(ports, record, dueAtMs);
      }),
    );
    written += results.filter((result) => result === 'written').length;
  }
  return written;
}
