import { deliveryStatuses } from '../../shared/operations/delivery.ts';
import { shownStatuses } from '../../shared/subscriptions/subscription-list.ts';
import { sortColumns } from '../../shared/subscriptions/sorted-subscriptions.ts';
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
export const searchInQuery: OpenApiParameter = {
  ...inQuery('q', 'What to look for.', { type: 'string', minLength: 2, maxLength: 512 }),
  required: true,
};
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
export const changesInQuery: readonly OpenApiParameter[] = [
  inQuery('instanceIds', 'Of these instances alone: ids separated by commas.', { type: 'string' }),
  inQuery('polls', 'Whether the marks also differ after a poll.', { type: 'boolean' }),
  inQuery('subscriptionId', 'Of this subscription alone.', { type: 'string' }),
];
export const subscriptionFilter: readonly OpenApiParameter[] = [
  instanceInQuery,
  triggerInQuery,
  inQuery('status', 'In this status alone.', { enum: shownStatuses }),
  inQuery('byOperator', 'Whether an operator disabled or ended them, or their flows did.', { type: 'boolean' }),
  inQuery('failing', 'Whether only those that are active and fail now are meant.', { type: 'boolean' }),
  inQuery('activity', 'Whether each has what came of its latest events.', { type: 'boolean' }),
  inQuery('label', 'Whose label has this in it.', { type: 'string' }),
  inQuery('workflowId', 'Of this flow alone.', { type: 'string' }),
  inQuery('sort', 'The column to sort by, with a minus sign before it for the reverse order.', {
    enum: sortColumns.flatMap((column) => [column, `-${column}`]),
  }),
  ...pageInQuery,
];
export const deliveryFilter: readonly OpenApiParameter[] = [
  inQuery('eventId', 'Of this event alone.', { type: 'string' }),
  inQuery('subscriptionId', 'Of this subscription alone.', { type: 'string' }),
  inQuery('status', 'In this status alone.', { enum: deliveryStatuses }),
  instanceInQuery,
  triggerInQuery,
  inQuery('flow', 'Of the flow with this id, in any form, or address.', { type: 'string', maxLength: 512 }),
  inQuery('deliveryCode', 'With this code.', { type: 'string', maxLength: 512 }),
  inQuery('httpStatus', 'Whose last attempt was answered this.', { type: 'integer', minimum: 100, maximum: 599 }),
  inQuery('q', 'With this text in anything that is known of it.', { type: 'string', maxLength: 512 }),
  sinceInQuery,
  inQuery('until', 'Until this instant (ISO 8601).', { type: 'string' }),
  inQuery('attempts', 'Whether each attempt is listed.', { type: 'boolean' }),
  ...pageInQuery,
];
