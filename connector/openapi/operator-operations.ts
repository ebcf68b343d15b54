import { Type, type TSchema } from '@sinclair/typebox';
import { eventProperties } from '../../shared/deliveries/attempt/callback-schemas.ts';
import { deliveryStatuses } from '../../shared/operations/delivery.ts';
import { operatorResponses } from '../../shared/operations/operator-responses.ts';
import { recoverRequest } from '../../shared/operations/recover.ts';
import { recoveryRequest } from '../../shared/operations/start-recovery.ts';
import { moveRequest } from '../../shared/subscriptions/move-connection.ts';
import type { OpenApiParameter } from './open-api-document.ts';
import {
  changesInQuery,
  daysInQuery,
  deliveryFilter,
  hoursInQuery,
  instanceInQuery,
  pageInQuery,
  searchInQuery,
  sinceInQuery,
  subscriptionFilter,
  triggerInQuery,
} from './operator-parameters.ts';

const text: TSchema = Type.String();
const count: TSchema = Type.Integer({ minimum: 0 });
const answer = (properties: Record<string, TSchema>): TSchema => Type.Object(properties);
const listOf = (items: object): TSchema => answer({ value: Type.Array(items as TSchema) });
const pageOf = (items: object): TSchema =>
  answer({ value: Type.Array(items as TSchema), nextLink: Type.Optional(text) });

/** A view of all instances covers the first hundred of them. */
const moreInstances = Type.Optional(
  Type.Literal(true, { description: 'There are instances that are not covered. Name one with instanceId.' }),
);

const event = eventProperties();
/** An event with the counts of its deliveries. */
const managedEvent = {
  type: 'object',
  properties: {
    ...event.properties,
    test: { const: true, description: 'Present for a test event.' },
    open: { type: 'boolean', description: 'Whether some deliveries are still pending.' },
    deliveries: answer(Object.fromEntries(deliveryStatuses.map((status) => [status, count]))),
    audience: {
      type: 'array',
      description: 'The recipients, as ranges of subscriptions; not in lists.',
      items: answer({
        subject: text,
        thresholdFrom: Type.Optional(Type.Number()),
        thresholdBelow: Type.Optional(Type.Number()),
      }),
    },
  },
  required: [...event.required, 'open', 'deliveries'],
};

const observations = answer({
  threshold: Type.Optional(Type.Number()),
  displayName: Type.Optional(text),
  value: Type.Array(operatorResponses.observation),
  historyMissing: Type.Optional(Type.String({ description: 'Why the history could not be read.' })),
});

/**
 * An operation that requires an operator. `status` is that of a success. `refused` lists refusals
 * in addition to the usual ones.
 */
export interface OperatorOperation {
  readonly id: string;
  readonly summary: string;
  readonly query?: readonly OpenApiParameter[];
  readonly body?: TSchema;
  readonly status?: 202 | 204;
  readonly answer?: object;
  /** What a 200 has, where the usual success is another status. */
  readonly counted?: object;
  readonly refused?: readonly (404 | 409)[];
}

const accepted = (properties: Record<string, TSchema>) => ({ status: 202 as const, answer: answer(properties) });
const { subscription, delivery, deliveryDetail, recovery } = operatorResponses;
/** Every route of the operator API. The key is the method and the path below `manage/`. */
export const operatorOperations: Readonly<Record<string, OperatorOperation>> = {
  'get subscriptions': {
    id: 'ManageSubscriptionsList',
    summary: 'List the subscriptions of all connections',
    query: subscriptionFilter,
    answer: answer({
      value: Type.Array(subscription),
      nextLink: Type.Optional(text),
      more: Type.Optional(
        Type.Literal(true, { description: 'Not all could be sorted: there may be others, which no page has.' }),
      ),
    }),
  },
  'get subscriptions/{id}': {
    id: 'ManageSubscriptionsGet',
    summary: 'Get any subscription',
    answer: subscription,
    refused: [404],
  },
  'get subscriptions/{id}/observations': {
    id: 'ManageSubscriptionsObservations',
    summary: 'List the observations, and why each fired or did not',
    query: [daysInQuery],
    answer: observations,
    refused: [404],
  },
  'delete subscriptions/{id}': {
    id: 'ManageSubscriptionsEnd',
    summary: 'End a subscription',
    status: 204,
    refused: [404],
  },
  'post subscriptions/{id}/pause': {
    id: 'ManageSubscriptionsPause',
    summary: 'Pause a subscription until it is resumed',
    ...accepted({ subscriptionId: text, status: Type.Literal('disabled'), reason: Type.Literal('operator') }),
    refused: [404, 409],
  },
  'post subscriptions/{id}/test': {
    id: 'ManageSubscriptionsTest',
    summary: 'Send a test event to a subscription',
    ...accepted({ deliveryId: text }),
    refused: [404, 409],
  },
  'post subscriptions/{id}/resume': {
    id: 'ManageSubscriptionsResume',
    summary: 'Make a paused or disabled subscription active',
    ...accepted({ subscriptionId: text, status: Type.Literal('active') }),
    refused: [404, 409],
  },
  'post subscriptions/{id}/recover': {
    id: 'ManageSubscriptionsRecover',
    summary: 'Send dead and parked deliveries again',
    body: recoverRequest,
    ...accepted({ recovered: count, more: Type.Boolean() }),
    refused: [404, 409],
  },
  'post recoveries': {
    id: 'ManageRecoveriesStart',
    summary: 'Count the dead and parked deliveries of all subscriptions, or send them again',
    body: recoveryRequest,
    ...accepted({ recoveryId: text }),
    counted: answer({
      deliveries: count,
      dead: count,
      parked: count,
      subscriptions: count,
      more: Type.Optional(Type.Literal(true, { description: 'There may be more than were counted.' })),
    }),
  },
  'get recoveries': {
    id: 'ManageRecoveriesList',
    summary: 'List the recoveries, newest first',
    query: pageInQuery,
    answer: answer({
      value: Type.Array(recovery),
      nextLink: Type.Optional(text),
      more: Type.Optional(
        Type.Literal(true, { description: 'Not all could be sorted: there may be others, which no page has.' }),
      ),
    }),
  },
  'get recoveries/{id}': {
    id: 'ManageRecoveriesGet',
    summary: 'Get the progress of a recovery',
    answer: recovery,
    refused: [404],
  },
  'post connections/move': {
    id: 'ManageConnectionsMove',
    summary: 'Move the subscriptions of one connection to another',
    body: moveRequest,
    answer: answer({ moved: count }),
  },
  'get events': {
    id: 'ManageEventsList',
    summary: 'List events with the counts of their deliveries',
    query: [instanceInQuery, triggerInQuery, sinceInQuery, ...pageInQuery],
    answer: answer({
      value: Type.Array(managedEvent as object as TSchema),
      nextLink: Type.Optional(text),
      more: moreInstances,
    }),
  },
  'get events/{id}': { id: 'ManageEventsGet', summary: 'Get an event', answer: managedEvent, refused: [404] },
  'get deliveries': {
    id: 'ManageDeliveriesList',
    summary: 'List deliveries',
    query: deliveryFilter,
    answer: answer({
      value: Type.Array(delivery),
      nextLink: Type.Optional(text),
      lookedBackTo: Type.Optional(
        Type.String({ description: 'When there is a next page: the time back to which deliveries were searched.' }),
      ),
      more: moreInstances,
    }),
  },
  'get deliveries/{id}': {
    id: 'ManageDeliveriesGet',
    summary: 'Get a delivery with its attempts, its request and the last failed response',
    answer: deliveryDetail,
    refused: [404],
  },
  'post deliveries/{id}/redeliver': {
    id: 'ManageDeliveriesRedeliver',
    summary: 'Make one more attempt',
    ...accepted({ deliveryId: text }),
    refused: [404, 409],
  },
  'get audit': {
    id: 'ManageAuditList',
    summary: 'List the actions of operators',
    query: [sinceInQuery, ...pageInQuery],
    answer: pageOf(operatorResponses.auditEntry),
  },
  'get instances': {
    id: 'ManageInstancesList',
    summary: 'List the instances that are polled',
    query: pageInQuery,
    answer: pageOf(operatorResponses.instance),
  },
  'get instance-names': {
    id: 'ManageInstancesNames',
    summary: 'List the names of all instances',
    answer: listOf(operatorResponses.instanceName),
  },
  'get changes': {
    id: 'ManageChangesList',
    summary: 'Get a mark of each instance that differs after a change',
    query: changesInQuery,
    answer: answer({ value: Type.Array(operatorResponses.changeMark), more: moreInstances }),
    refused: [404],
  },
  'get search': {
    id: 'ManageSearchList',
    summary: 'Search for subscriptions, events and deliveries',
    query: [searchInQuery],
    answer: answer({
      subscriptions: Type.Array(subscription),
      events: Type.Array(answer({ eventId: text, about: text, occurredAt: text })),
      deliveries: Type.Array(answer({ deliveryId: text, subscriptionId: text, about: text, occurredAt: text })),
      more: Type.Boolean({ description: 'Whether there may be more subscriptions.' }),
    }),
  },
  'get activity': {
    id: 'ManageActivityList',
    summary: 'Count deliveries by the hour',
    query: [instanceInQuery, hoursInQuery],
    answer: answer({
      value: Type.Array(operatorResponses.hour),
      countedSince: Type.Optional(text),
      more: moreInstances,
    }),
  },
  'get queues': {
    id: 'ManageQueuesList',
    summary: 'List the queues with their lengths',
    answer: listOf(operatorResponses.queue),
  },
  'post queues/{queue}/redrive': {
    id: 'ManageQueuesRedrive',
    summary: 'Move the messages of a poison queue back to its work queue',
    ...accepted({ redriven: count }),
    refused: [404],
  },
};
