import { Type, type Static } from '@sinclair/typebox';
import { TURNED_OFF } from '../deliveries/attempt/disposition.ts';
import type { NotifiedStatus, StatusNotice } from '../subscriptions/status-notice.ts';
import { subscriptionTitle } from '../subscriptions/subscription-title.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { shortHash } from '../triggers/subject.ts';
import { triggerNames, type Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { flowUrlOf } from './managed-subscription.ts';

const text = Type.String();

/**
 * The body of a call to the operator's webhook (`OPERATOR_WEBHOOK_URL`). Flat, like the body of a
 * callback.
 */
export const statusNotificationSchema = Type.Object(
  {
    notificationId: Type.String({ description: 'Equal for every attempt of one notification.' }),
    occurredAt: Type.String({ format: 'date-time' }),
    subscriptionId: text,
    title: Type.String({ description: 'The trigger and its input in words.' }),
    label: Type.Optional(text),
    trigger: Type.Unsafe<Trigger>({ type: 'string', enum: triggerNames }),
    instanceId: text,
    connection: text,
    status: Type.Unsafe<NotifiedStatus>({ type: 'string', enum: ['paused', 'disabled', 'gone'] }),
    code: Type.String({ description: 'The code of the response that caused the change, or operator.' }),
    reason: Type.String({ description: 'The code as a sentence.' }),
    flowUrl: Type.Optional(Type.String({ description: 'The page of the flow in Power Automate.' })),
    dashboardUrl: Type.String({ description: 'The subscription on the dashboard.' }),
  },
  { additionalProperties: false },
);
export type StatusNotification = Static<typeof statusNotificationSchema>;

/** The id of a notification, which tells the webhook that two calls have the same content. */
export function notificationId(subscriptionId: string, { status, at }: Pick<StatusNotice, 'status' | 'at'>): string {
  return `ntf_${shortHash(subscriptionId, status, at)}`;
}

/** Builds the body of a notification from a notice (`StatusNotice`). Pure. */
export function statusNotification(
  subscription: Subscription,
  { status, at, code }: StatusNotice,
  publicBaseUrl: string,
): StatusNotification {
  const { id, label, trigger, instanceId, connection } = subscription;
  const url = flowUrlOf(subscription);
  return {
    notificationId: notificationId(id, { status, at }),
    occurredAt: at,
    subscriptionId: id,
    title: subscriptionTitle(subscription),
    ...(label !== undefined && { label }),
    trigger,
    instanceId,
    connection,
    status,
    code,
    reason: reasonOf(status, code),
    ...(url !== undefined && { flowUrl: `${url}/details` }),
    dashboardUrl: `${publicBaseUrl}/api/dashboard#/subscriptions/${id}`,
  };
}

function reasonOf(status: NotifiedStatus, code: string): string {
  switch (status) {
    case 'paused':
      return 'The flow is turned off. Its deliveries wait until it is turned on.';
    case 'disabled':
      return code === 'operator'
        ? 'An operator paused the subscription. Its deliveries wait until it is resumed.'
        : `Deliveries have failed for days, the last one with ${code}. Further ones wait until an operator resumes the subscription.`;
    case 'gone':
      if (code === 'operator') return 'An operator ended the subscription.';
      if (code === TURNED_OFF) return 'The flow was turned off for too long, so the subscription has ended.';
      return `The flow does not exist any more or refuses every call (${code}), so the subscription has ended.`;
    default:
      return unreachable(status);
  }
}
