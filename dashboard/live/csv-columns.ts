import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import type { CsvColumn } from './csv.ts';
import { conditionOf, subscriptionState } from './wording.ts';

/** The columns of the list of subscriptions as CSV. Times are in UTC. */
export const subscriptionColumns: readonly CsvColumn<SubscriptionResponse>[] = [
  ['id', ({ id }) => id],
  ['label', ({ label }) => label],
  ['trigger', ({ trigger }) => trigger],
  ['waitsFor', conditionOf],
  ['threshold', ({ threshold }) => threshold],
  ['instanceId', ({ instanceId }) => instanceId],
  ['state', (subscription) => subscriptionState(subscription).name],
  ['failingSince', ({ health }) => health.failingSince],
  ['pausedSince', ({ health }) => health.pausedSince],
  ['deadDeliveries', ({ health }) => health.deadDeliveries],
  ['createdAt', ({ createdAt }) => createdAt],
  ['lastFiredAt', ({ activity }) => activity?.lastFiredAt],
  ['connection', ({ connection }) => connection],
  ['environmentId', ({ environmentId }) => environmentId],
  ['workflowName', ({ workflowName, workflowId }) => workflowName ?? workflowId],
  ['flowUrl', ({ flowUrl }) => flowUrl],
];

/**
 * The columns of the list of deliveries as CSV. `subscriptionNameOf` returns the name of a
 * subscription. Times are in UTC.
 */
export function deliveryColumns(
  subscriptionNameOf: (subscriptionId: string) => string | undefined,
): readonly CsvColumn<DeliveryResponse>[] {
  return [
    ['deliveryId', ({ deliveryId }) => deliveryId],
    ['eventId', ({ eventId }) => eventId],
    ['subscriptionId', ({ subscriptionId }) => subscriptionId],
    ['subscription', ({ subscriptionId }) => subscriptionNameOf(subscriptionId)],
    ['trigger', ({ trigger }) => trigger],
    ['instanceId', ({ instanceId }) => instanceId],
    ['occurredAt', ({ occurredAt }) => occurredAt],
    ['about', ({ about }) => about],
    ['test', ({ test }) => test && 'true'],
    ['status', ({ status }) => status],
    ['code', ({ code }) => code],
    ['reason', ({ reason }) => reason],
    ['attempts', ({ attemptCount }) => attemptCount],
    ['lastAttemptAt', ({ lastAttemptAt }) => lastAttemptAt],
    ['httpStatus', ({ attempts }) => attempts?.at(-1)?.status],
    ['runId', ({ attempts }) => attempts?.at(-1)?.runId],
  ];
}
