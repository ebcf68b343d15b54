import { deliveryStatuses } from '../../shared/operations/delivery.ts';
import { shownStatuses } from '../../shared/subscriptions/subscription-list.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';
import { nextInQuery } from './from-swagger.ts';
import type { OpenApiParameter } from './open-api-document.ts';

const inQuery = (name: string, description: string, schema: object): OpenApiParameter => {
  return { name, in: 'query', description, schema };
};
export const instanceInQuery = inQuery('instanceId', 'Of this instance alone.', { type: 'string', format: 'uuid' });
export const triggerInQuery = inQuery('trigger', 'Of this trigger alone.', { enum: triggerNames });
export const sinceInQuery = inQuery('since', 'From this instant on (ISO 8601; a date is its midnight in UTC).', {
  type: 'string',
});
export const pageInQuery: readonly OpenApiParameter[] = [
  inQuery('top', 'The largest number of entries on a page, 50 when left out.', {
    type: 'integer',
    minimum: 1,
    maximum: 100,
  }),
  nextInQuery,
];
export const daysInQuery = inQuery('days', 'How many days to look back, 7 when left out.', {
  type: 'integer',
  minimum: 1,
  maximum: 30,
});
export const hoursInQuery = inQuery('hours', 'How many hours to look back, 24 when left out.', {
  type: 'integer',
  minimum: 1,
  maximum: 168,
});
export const subscriptionFilter: readonly OpenApiParameter[] = [
  instanceInQuery,
  triggerInQuery,
  inQuery('status', 'In this status alone.', { enum: shownStatuses }),
  inQuery('label', 'Whose label has this in it.', { type: 'string' }),
  inQuery('workflowId', 'Of this flow alone.', { type: 'string' }),
  ...pageInQuery,
];
export const deliveryFilter: readonly OpenApiParameter[] = [
  inQuery('eventId', 'Of this event alone.', { type: 'string' }),
  inQuery('subscriptionId', 'Of this subscription alone.', { type: 'string' }),
  inQuery('status', 'In this status alone.', { enum: deliveryStatuses }),
  sinceInQuery,
  inQuery('attempts', 'Whether each attempt is listed.', { type: 'boolean' }),
  ...pageInQuery,
];
