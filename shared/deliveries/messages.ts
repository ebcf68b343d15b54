import { Type, type Static } from '@sinclair/typebox';
import { validatorOf } from '../validation.ts';

/** The queues, by what travels in them. */
export const POLLS_QUEUE = 'polls';
export const DELIVERIES_QUEUE = 'deliveries';
export const RETRIES_QUEUE = 'retries';

const v = Type.Literal(1);
const text = Type.String({ minLength: 1, maxLength: 256 });
/**
 * What every message may carry beside (`Carried` of telemetry). Unknown properties are allowed in messages, so an older version takes
 * those of a newer one.
 */
const carried = { traceparent: Type.Optional(Type.String()), dueAtMs: Type.Optional(Type.Number()) };

/** Poll an instance, and others with it. A version that knows nothing of `others` leaves them to the next firing of the timer. */
export const pollMessageSchema = Type.Object({
  v,
  instanceId: text,
  others: Type.Optional(Type.Array(text, { maxItems: 100 })),
  ...carried,
});
export type PollMessage = Static<typeof pollMessageSchema>;

export function pollMessage([instanceId, ...others]: readonly [string, ...string[]]): PollMessage {
  return { v: 1, instanceId, ...(others.length > 0 && { others }) };
}

/** Work on one chunk of an open event. */
export const chunkMessageSchema = Type.Object({ v, eventId: text, chunk: Type.Integer({ minimum: 0 }), ...carried });
export type ChunkMessage = Static<typeof chunkMessageSchema>;

/** A hint that a delivery is due. `nonce`: the version before wants one; nothing reads it any more. */
const retrySchema = Type.Object({
  v,
  kind: Type.Literal('retry'),
  deliveryId: text,
  nonce: text,
  ...carried,
});
export type RetryMessage = Static<typeof retrySchema>;
/** A hint that a subscription has changed, and that what waits for it can go on. */
const releaseSchema = Type.Object({
  v,
  kind: Type.Literal('release'),
  subscriptionId: text,
  ...carried,
});
/** The same, from the version before: not sent any more. */
const tidySchema = Type.Object({ v, kind: Type.Literal('tidy'), subscriptionId: text, ...carried });

export const retriesMessageSchema = Type.Union([retrySchema, releaseSchema, tidySchema]);
export type RetriesMessage = Static<typeof retriesMessageSchema>;

export const validatePollMessage = validatorOf(pollMessageSchema);
export const validateChunkMessage = validatorOf(chunkMessageSchema);
export const validateRetriesMessage = validatorOf(retriesMessageSchema);
