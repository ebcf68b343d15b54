import { Type, type Static, type TObject, type TProperties, type TSchema, type TUnsafe } from '@sinclair/typebox';
import { shownStatuses } from '../subscriptions/subscription-list.ts';
import { triggerNames, type Trigger } from '../triggers/trigger.ts';
import { deliveryStatuses } from './delivery.ts';

const string = Type.String();
const timestamp = Type.String({ format: 'date-time' });
const count = Type.Integer({ minimum: 0 });

/** A response body without other properties. */
function response<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

function stringEnum<T extends string>(...values: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values] });
}

function readonlyArray<T extends TSchema>(items: T): TUnsafe<readonly Static<T>[]> {
  return Type.Unsafe<readonly Static<T>[]>(Type.Array(items));
}

const trigger = stringEnum<Trigger>(...triggerNames);

/** The JSON form of `AttemptRecord`. */
const attempt = response({
  number: Type.Integer({ minimum: 1 }),
  at: timestamp,
  durationMs: Type.Number({ minimum: 0 }),
  status: Type.Optional(Type.Integer()),
  code: string,
  calledId: Type.Optional(string),
  runId: Type.Optional(string),
  runUrl: Type.Optional(string),
});

/** The number of calls in the last window of a rate limit, and the limit. */
const limitUsage = response({ used: count, limit: count, windowSeconds: count });

/** The properties of `Delivery` that it has in a list and on its own. */
const deliveryProperties = {
  deliveryId: string,
  eventId: string,
  subscriptionId: string,
  instanceId: string,
  trigger,
  occurredAt: timestamp,
  about: string,
  test: Type.Optional(Type.Literal(true)),
  status: stringEnum(...deliveryStatuses),
  code: Type.Optional(string),
  reason: string,
  nextAttemptAt: Type.Optional(timestamp),
};

/**
 * The response bodies of the operator API. A list is `{value, nextLink?}` of these. The dashboard
 * uses these types, and the tests validate the responses of the running app against the schemas.
 * `docs/http-api.md` describes the properties.
 */
export const operatorResponses = {
  /** A polled instance. `observedCount`: segments and measures that polls observe. */
  instance: response({
    instanceId: string,
    lastPolledAt: Type.Optional(timestamp),
    lastCompletePollAt: Type.Optional(timestamp),
    failing: readonlyArray(
      response({ list: stringEnum('jobs', 'segments', 'measures'), since: timestamp, reason: string }),
    ),
    observedCount: count,
    outboxEntryCount: count,
    oldestOutboxEntryAt: Type.Optional(timestamp),
    calls: Type.Optional(limitUsage),
  }),
  instanceName: response({ id: string, name: string }),
  /** See `ChangeMark`. */
  changeMark: response({ instanceId: string, mark: string }),
  /** See `QueueView`. */
  queue: response({
    queue: string,
    length: count,
    poisonLength: count,
    oldestSentAt: Type.Optional(timestamp),
    poisonOldestSentAt: Type.Optional(timestamp),
  }),
  /** Counts of deliveries. See `HourCounts`. */
  hour: response({
    hour: timestamp,
    delivered: count,
    retrying: count,
    parked: count,
    dead: count,
    ended: count,
  }),
  /** See `ManagedSubscription`. */
  subscription: response({
    id: string,
    title: string,
    trigger,
    instanceId: string,
    segmentName: Type.Optional(string),
    measureName: Type.Optional(string),
    dataSourceId: Type.Optional(string),
    threshold: Type.Optional(Type.Number()),
    startedBy: Type.Optional(stringEnum('schedule', 'user')),
    label: Type.Optional(string),
    warnings: Type.Optional(Type.Array(string)),
    status: stringEnum(...shownStatuses),
    createdAt: timestamp,
    health: response({
      failingSince: Type.Optional(timestamp),
      deadDeliveries: count,
      pausedSince: Type.Optional(timestamp),
    }),
    successorId: Type.Optional(string),
    lastEvaluation: Type.Optional(response({ value: Type.Number(), evaluatedAt: timestamp })),
    sourceUnreachableSince: Type.Optional(timestamp),
    connection: string,
    connectionCalls: Type.Optional(limitUsage),
    connectionSubscriptions: Type.Optional(response({ used: count, limit: count })),
    reason: Type.Optional(Type.Literal('operator')),
    dataSourceName: Type.Optional(string),
    activity: Type.Optional(
      response({ lastFiredAt: Type.Optional(timestamp), delivered: count, failed: count, since: timestamp }),
    ),
    workflowId: Type.Optional(string),
    workflowName: Type.Optional(string),
    environmentId: Type.Optional(string),
    flowUrl: Type.Optional(string),
  }),
  /** One value of a segment or measure, and why it fired or not (`outcome`, `sentence`). */
  observation: response({
    evaluatedAt: timestamp,
    value: Type.Optional(Type.Number()),
    previousValue: Type.Optional(Type.Number()),
    outcome: stringEnum('first', 'unknown', 'crossed', 'stayed-above', 'fell', 'stayed-below', 'failed', 'not-awaited'),
    sentence: string,
    fires: Type.Boolean(),
  }),
  /** See `DeliverySummary`. */
  delivery: response({
    ...deliveryProperties,
    attemptCount: count,
    lastAttemptAt: Type.Optional(timestamp),
    attempts: Type.Optional(readonlyArray(attempt)),
  }),
  /** The progress of a recovery, which sends the lost deliveries of many subscriptions again. */
  recovery: response({
    recoveryId: string,
    status: stringEnum('running', 'finished'),
    since: timestamp,
    until: Type.Optional(timestamp),
    instanceId: Type.Optional(string),
    trigger: Type.Optional(trigger),
    code: Type.Optional(string),
    startedAt: timestamp,
    finishedAt: Type.Optional(timestamp),
    deliveries: count,
    subscriptions: count,
    more: Type.Optional(Type.Literal(true)),
    sent: count,
    skipped: count,
  }),
  /** One action of an operator. If `status` is absent, the result of the action is unknown. */
  auditEntry: response({
    id: string,
    at: timestamp,
    operator: string,
    action: string,
    target: Type.Optional(string),
    body: Type.Optional(string),
    result: stringEnum('done', 'refused', 'unknown'),
    status: Type.Optional(Type.Integer()),
    code: Type.Optional(string),
    recoveryId: Type.Optional(string),
  }),
  /** One delivery with the request that was sent and the response to it. */
  deliveryDetail: response({
    ...deliveryProperties,
    attempts: readonlyArray(attempt),
    request: response({ headers: Type.Record(string, string), body: string }),
    answer: Type.Optional(
      response({
        attempt: Type.Integer({ minimum: 1 }),
        status: Type.Integer(),
        headers: Type.Record(string, string),
        body: string,
        cut: Type.Optional(Type.Literal(true)),
      }),
    ),
    label: Type.Optional(string),
    subscriptionStatus: Type.Optional(stringEnum(...shownStatuses)),
    flowUrl: Type.Optional(string),
  }),
};

type Responses = typeof operatorResponses;

/** The response of a search. */
export interface SearchResponse {
  readonly subscriptions: readonly SubscriptionResponse[];
  readonly events: readonly Pick<DeliveryResponse, 'eventId' | 'about' | 'occurredAt'>[];
  readonly deliveries: readonly Pick<DeliveryResponse, 'deliveryId' | 'subscriptionId' | 'about' | 'occurredAt'>[];
  readonly more: boolean;
}

export type InstanceResponse = Static<Responses['instance']>;
export type InstanceNameResponse = Static<Responses['instanceName']>;
export type ChangeMarkResponse = Static<Responses['changeMark']>;
export type QueueResponse = Static<Responses['queue']>;
export type HourResponse = Static<Responses['hour']>;
export type SubscriptionResponse = Static<Responses['subscription']>;
export type ObservationResponse = Static<Responses['observation']>;
export type DeliveryResponse = Static<Responses['delivery']>;
export type AuditResponse = Static<Responses['auditEntry']>;
export type RecoveryResponse = Static<Responses['recovery']>;
export type DeliveryDetailResponse = Static<Responses['deliveryDetail']>;
export type AttemptResponse = Static<typeof attempt>;
