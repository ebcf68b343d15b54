import { Type, type Static } from '@sinclair/typebox';
import { validatorOf } from '../validation.ts';

export const POLLS_QUEUE = 'polls';
export const DELIVERIES_QUEUE = 'deliveries';
export const RETRIES_QUEUE = 'retries';

/** Version of the format. */
const v = Type.Literal(1);
const text = Type.String({ minLength: 1, maxLength: 256 });
/**
 * Tracing properties that every message may have (`PropagatedContext` in `telemetry`). The schemas
 * allow unknown properties, so that an older version accepts the messages of a newer one.
 */
const propagated = { traceparent: Type.Optional(Type.String()), dueAtMs: Type.Optional(Type.Number()) };

/**
 * Asks a worker to poll one or more instances. A version that does not support `others` ignores
 * them, and the next timer enqueues them again.
 */
export const pollMessageSchema = Type.Object({
  v,
  instanceId: text,
  others: Type.Optional(Type.Array(text, { maxItems: 100 })),
  ...propagated,
});
export type PollMessage = Static<typeof pollMessageSchema>;

export function pollMessage([instanceId, ...others]: readonly [string, ...string[]]): PollMessage {
  return { v: 1, instanceId, ...(others.length > 0 && { others }) };
}

/** Asks a worker to process one chunk of an outbox entry. */
export const chunkMessageSchema = Type.Object({ v, eventId: text, chunk: Type.Integer({ minimum: 0 }), ...propagated });
export type ChunkMessage = Static<typeof chunkMessageSchema>;

/**
 * A hint that a delivery is due. The previous release (0.9.0) requires a `nonce`; this one ignores
 * it.
 */
const retrySchema = Type.Object({
  v,
  kind: Type.Literal('retry'),
  deliveryId: text,
  nonce: text,
  ...propagated,
});
export type RetryMessage = Static<typeof retrySchema>;
/**
 * A hint that a subscription has changed: the deliveries that wait for it may be released (made
 * due), and a notice of its new status may be due for the operator's webhook.
 */
const releaseSchema = Type.Object({
  v,
  kind: Type.Literal('release'),
  subscriptionId: text,
  ...propagated,
});
/** The `release` message in the form that the previous release (0.9.0) sends. */
const tidySchema = Type.Object({ v, kind: Type.Literal('tidy'), subscriptionId: text, ...propagated });

export const retriesMessageSchema = Type.Union([retrySchema, releaseSchema, tidySchema]);
export type RetriesMessage = Static<typeof retriesMessageSchema>;

export const validatePollMessage = validatorOf(pollMessageSchema);
export const validateChunkMessage = validatorOf(chunkMessageSchema);
export const validateRetriesMessage = validatorOf(retriesMessageSchema);
