import type { JSX } from 'preact';
import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import { deliveryStatuses, subscriptionState } from '../live/wording.ts';
import { Badge, type Tone } from './badge.tsx';

export const ofSubscription: Readonly<Record<SubscriptionResponse['status'], Tone>> = {
  active: 'good',
  paused: 'parked',
  disabled: 'bad',
  gone: 'over',
  superseded: 'over',
};

export const ofDelivery: Readonly<Record<DeliveryResponse['status'], Tone>> = {
  pending: 'plain',
  retrying: 'busy',
  parked: 'parked',
  delivered: 'good',
  dead: 'bad',
  ended: 'over',
};

/** An active subscription whose deliveries fail is shown as failing. */
export function SubscriptionStatus({
  status,
  health,
  reason,
}: Pick<SubscriptionResponse, 'status' | 'health' | 'reason'>): JSX.Element {
  if (status === 'active' && health.failingSince !== undefined) return <Badge tone="bad">Failing</Badge>;
  const tone = reason === 'operator' && status === 'disabled' ? 'parked' : ofSubscription[status];
  return <Badge tone={tone}>{subscriptionState({ status, ...(reason && { reason }) }).name}</Badge>;
}

export function DeliveryStatus({ status }: Pick<DeliveryResponse, 'status'>): JSX.Element {
  return <Badge tone={ofDelivery[status]}>{deliveryStatuses[status]}</Badge>;
}
