import { triggerNames } from '../../shared/triggers/trigger.ts';
import { pageSize, subscriptionInPath, subscriptionOrLabelInPath, triggerInPath } from './parameters.ts';
import { ok, refusing, responses } from './responses.ts';
import { instant, integer, list, number, object, text } from './schemas.ts';
import type { PathItem, Schema } from './swagger-document.ts';

/** A subscription in responses to the connection that made it. */
export const subscriptionSchema: Schema = object('Subscription', 'The standing request of one flow.', {
  always: {
    id: text('ID', 'Identifies the subscription.'),
    title: text('Title', 'What it waits for, its label and its flow, in one line.'),
    trigger: text('Trigger', 'The trigger that the flow waits for.', { enum: triggerNames }),
    instanceId: text('Instance ID', 'The Customer Insights instance that is watched.'),
    status: text('Status', 'Whether the flow is called.', {
      enum: ['active', 'paused', 'disabled', 'gone', 'superseded'],
    }),
    createdAt: instant('Created At', 'When the flow subscribed.'),
    health: object('Health', 'How calling the flow goes.', {
      always: { deadDeliveries: integer('Dead Deliveries', 'Given up since the last that arrived.') },
      maybe: {
        failingSince: instant('Failing Since', 'The first failure since the last that arrived.'),
        pausedSince: instant('Paused Since', 'When the flow was found turned off.'),
      },
    }),
  },
  maybe: {
    label: text('Label', 'The name that the maker of the flow gave it.'),
    segmentName: text('Segment Name', 'The segment that is watched.'),
    measureName: text('Measure Name', 'The measure that is watched.'),
    dataSourceId: text('Data Source ID', 'The data source that is watched, when it is not any of them.'),
    threshold: number('Threshold', 'The flow is called when the value rises above it.'),
    startedBy: text(
      'Started By',
      'Which full refreshes call the flow: those of a schedule or of a user. Absent for any.',
    ),
    successorId: text('Successor ID', 'The subscription of the same flow that replaced it.'),
    lastEvaluation: object('Last Evaluation', 'The value that was seen last.', {
      always: {
        value: number('Value', 'The value itself.'),
        evaluatedAt: instant('Evaluated At', 'When Customer Insights computed it.'),
      },
    }),
    sourceUnreachableSince: instant(
      'Source Unreachable Since',
      'Since when Customer Insights reports nothing about it.',
    ),
    warnings: list('Warnings', 'Why the flow may hardly ever be called.', text('Warning', 'One reason.')),
  },
});

/** The operations on the subscriptions of the caller's connection. */
export const subscriptionPaths: Readonly<Record<string, PathItem>> = {
  '/triggers/{trigger}/subscriptions': {
    get: {
      operationId: 'ListSubscriptions',
      summary: 'List subscriptions',
      description: 'This operation lists the subscriptions that the flows of this connection have for a trigger.',
      'x-ms-visibility': 'advanced',
      'x-ms-pageable': { nextLinkName: 'nextLink' },
      parameters: [triggerInPath, pageSize],
      responses: responses(
        ok(
          'One page of subscriptions.',
          object('Subscriptions', 'One page of subscriptions.', {
            always: { value: list('Value', 'The subscriptions.', subscriptionSchema) },
            maybe: { nextLink: text('Next Link', 'Where the next page is.', { 'x-ms-visibility': 'internal' }) },
          }),
        ),
        404,
      ),
    },
  },
  '/triggers/{trigger}/subscriptions/{id}': {
    delete: {
      operationId: 'DeleteSubscription',
      summary: 'Delete a subscription',
      description: 'This operation ends a subscription that no flow needs any more; its flow is not called again.',
      'x-ms-visibility': 'advanced',
      parameters: [triggerInPath, subscriptionInPath],
      responses: { 204: { description: 'The subscription no longer exists.' }, ...refusing(401, 404, 503) },
    },
  },
  '/triggers/{trigger}/subscriptions/{id}/test': {
    post: {
      operationId: 'SendTestEvent',
      summary: 'Send a test event',
      description: 'This operation calls the flow of a subscription with sample values, as an event would.',
      'x-ms-visibility': 'advanced',
      parameters: [triggerInPath, subscriptionOrLabelInPath],
      responses: responses(
        {
          202: {
            description: 'The test event will be delivered.',
            schema: object('Test Event', 'What was sent.', {
              always: { deliveryId: text('Delivery ID', 'The flow gets the same ID with the call.') },
            }),
          },
        },
        403,
        404,
        409,
      ),
    },
  },
};
