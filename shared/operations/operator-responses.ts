import { Type, type Static, type TObject, type TProperties, type TSchema, type TUnsafe } from '@sinclair/typebox';
import { shownStatuses } from '../subscriptions/subscription-list.ts';
import { triggerNames, type Trigger } from '../triggers/trigger.ts';
import { deliveryStatuses } from './delivery.ts';

const text = Type.String();
const instant = Type.String({ format: 'date-time' });
const count = Type.Integer({ minimum: 0 });

function answer<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

function oneOf<T extends string>(...values: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values] });
}

function listOf<T extends TSchema>(items: T): TUnsafe<readonly Static<T>[]> {
  return Type.Unsafe<readonly Static<T>[]>(Type.Array(items));
}

const trigger = oneOf<Trigger>(...triggerNames);

const attempt = answer({
  number: Type.Integer({ minimum: 1 }),
  at: instant,
  durationMs: Type.Number({ minimum: 0 }),
  status: Type.Optional(Type.Integer()),
  code: text,
  calledId: Type.Optional(text),
  runId: Type.Optional(text),
  runUrl: Type.Optional(text),
});

/**
 * What the operator API answers, as its readers may rely on it. A list is `{value, nextLink?}` of these. The dashboard is written
 * against these types; the tests hold the running app to the schemas.
 */
export const operatorResponses = {
  instance: answer({
    instanceId: text,
    lastPolledAt: Type.Optional(instant),
    lastCompletePollAt: Type.Optional(instant),
    failing: listOf(answer({ list: oneOf('jobs', 'segments', 'measures'), since: instant, reason: text })),
    observedCount: count,
    outboxEntryCount: count,
    oldestOutboxEntryAt: Type.Optional(instant),
    calls: Type.Optional(answer({ used: count, limit: count, windowSeconds: count })),
  }),
  instanceName: answer({ id: text, name: text }),
  queue: answer({
    queue: text,
    length: count,
    poisonLength: count,
    oldestSentAt: Type.Optional(instant),
    poisonOldestSentAt: Type.Optional(instant),
  }),
  hour: answer({
    hour: instant,
    delivered: count,
    retrying: count,
    parked: count,
    dead: count,
    ended: count,
  }),
  subscription: answer({
    id: text,
    title: text,
    trigger,
    instanceId: text,
    segmentName: Type.Optional(text),
    measureName: Type.Optional(text),
    dataSourceId: Type.Optional(text),
    threshold: Type.Optional(Type.Number()),
    startedBy: Type.Optional(oneOf('schedule', 'user')),
    label: Type.Optional(text),
    warnings: Type.Optional(Type.Array(text)),
    status: oneOf(...shownStatuses),
    createdAt: instant,
    health: answer({
      failingSince: Type.Optional(instant),
      deadDeliveries: count,
      pausedSince: Type.Optional(instant),
    }),
    successorId: Type.Optional(text),
    lastEvaluation: Type.Optional(answer({ value: Type.Number(), evaluatedAt: instant })),
    sourceUnreachableSince: Type.Optional(instant),
    connection: text,
    connectionCalls: Type.Optional(answer({ used: count, limit: count, windowSeconds: count })),
    reason: Type.Optional(Type.Literal('operator')),
    dataSourceName: Type.Optional(text),
    activity: Type.Optional(
      answer({ lastFiredAt: Type.Optional(instant), delivered: count, failed: count, since: instant }),
    ),
    workflowId: Type.Optional(text),
    workflowName: Type.Optional(text),
    environmentId: Type.Optional(text),
    flowUrl: Type.Optional(text),
  }),
  observation: answer({
    evaluatedAt: instant,
    value: Type.Optional(Type.Number()),
    previousValue: Type.Optional(Type.Number()),
    outcome: oneOf('first', 'unknown', 'crossed', 'stayed-above', 'fell', 'stayed-below', 'failed', 'not-awaited'),
    sentence: text,
    fires: Type.Boolean(),
  }),
  delivery: answer({
    deliveryId: text,
    eventId: text,
    subscriptionId: text,
    instanceId: text,
    trigger,
    occurredAt: instant,
    about: text,
    test: Type.Optional(Type.Literal(true)),
    status: oneOf(...deliveryStatuses),
    code: Type.Optional(text),
    reason: text,
    nextAttemptAt: Type.Optional(instant),
    attemptCount: count,
    lastAttemptAt: Type.Optional(instant),
    attempts: Type.Optional(listOf(attempt)),
  }),
  /** Of one delivery: what was sent, and what was answered. */
  deliveryDetail: answer({
    deliveryId: text,
    eventId: text,
    subscriptionId: text,
    instanceId: text,
    trigger,
    occurredAt: instant,
    about: text,
    test: Type.Optional(Type.Literal(true)),
    status: oneOf(...deliveryStatuses),
    code: Type.Optional(text),
    reason: text,
    nextAttemptAt: Type.Optional(instant),
    attempts: listOf(attempt),
    request: answer({ headers: Type.Record(text, text), body: text }),
    answer: Type.Optional(
      answer({
        attempt: Type.Integer({ minimum: 1 }),
        status: Type.Integer(),
        headers: Type.Record(text, text),
        body: text,
        cut: Type.Optional(Type.Literal(true)),
      }),
    ),
    label: Type.Optional(text),
    flowUrl: Type.Optional(text),
  }),
};

type Answers = typeof operatorResponses;

/** Of a search. */
export interface FoundAnswer {
  readonly subscriptions: readonly SubscriptionResponse[];
  readonly events: readonly Pick<DeliveryResponse, 'eventId' | 'about' | 'occurredAt'>[];
  readonly deliveries: readonly Pick<DeliveryResponse, 'deliveryId' | 'subscriptionId' | 'about' | 'occurredAt'>[];
  readonly more: boolean;
}

export type InstanceResponse = Static<Answers['instance']>;
export type InstanceNameResponse = Static<Answers['instanceName']>;
export type QueueResponse = Static<Answers['queue']>;
export type HourResponse = Static<Answers['hour']>;
export type SubscriptionResponse = Static<Answers['subscription']>;
export type ObservationResponse = Static<Answers['observation']>;
export type DeliveryResponse = Static<Answers['delivery']>;
export type DeliveryDetailAnswer = Static<Answers['deliveryDetail']>;
export type AttemptResponse = Static<typeof attempt>;
