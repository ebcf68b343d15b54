import type { JSX } from 'preact';
import type { DeliveryAnswer, SubscriptionAnswer } from '../../shared/operations/operator-answers.ts';
import { deliveryStatuses, subscriptionStatuses } from '../live/wording.ts';
import { Badge, type Tone } from './badge.tsx';

const ofSubscription: Readonly<Record<SubscriptionAnswer['status'], Tone>> = {
  active: 'good',
  paused: 'held',
  disabled: 'bad',
  gone: 'over',
  superseded: 'over',
};

export const ofDelivery: Readonly<Record<DeliveryAnswer['status'], Tone>> = {
  pending: 'plain',
  retrying: 'busy',
  parked: 'held',
  delivered: 'good',
  dead: 'bad',
  ended: 'over',
};

export function SubscriptionStatus({ status }: Pick<SubscriptionAnswer, 'status'>): JSX.Element {
  return <Badge tone={ofSubscription[status]}>{subscriptionStatuses[status].name}</Badge>;
}

export function DeliveryStatus({ status }: Pick<DeliveryAnswer, 'status'>): JSX.Element {
  return <Badge tone={ofDelivery[status]}>{deliveryStatuses[status]}</Badge>;
}
