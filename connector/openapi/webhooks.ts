import { callbackSchemas } from '../../shared/deliveries/attempt/callback-schemas.ts';
import { statusNotificationSchema } from '../../shared/operations/status-notification.ts';
import { triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import { jsonContent, type OpenApiParameter, type OpenApiPathItem } from './open-api-document.ts';

const inHeader = (name: string, description: string, required = true): OpenApiParameter => {
  return { name, in: 'header', required, description, schema: { type: 'string' } };
};

const headers: readonly OpenApiParameter[] = [
  inHeader('webhook-id', 'The ID of the delivery or notification, the same at every attempt.'),
  inHeader('webhook-timestamp', 'When this attempt was made, in seconds since 1970.'),
  inHeader('webhook-signature', 'Signatures of Standard Webhooks (v1), when the service has signing secrets.', false),
  inHeader('x-ms-client-tracking-id', 'The same ID, for the history of the flow.'),
];

/**
 * The requests that the service POSTs: to callback URLs, for each trigger, and to the webhook of
 * the operator. docs/delivery.md describes how it treats each response.
 */
export function webhooks(): Record<string, OpenApiPathItem> {
  const callbacks = triggerNames.map((trigger) => [trigger, { post: callback(trigger) }] as const);
  return { ...Object.fromEntries(callbacks), 'subscription-stopped': { post: notification } };
}

const notification: NonNullable<OpenApiPathItem['post']> = {
  operationId: 'SubscriptionStoppedNotification',
  summary: 'When a subscription becomes paused, disabled or gone',
  description: 'Sent to OPERATOR_WEBHOOK_URL.',
  tags: ['operators'],
  security: [],
  parameters: headers,
  requestBody: { required: true, content: jsonContent(statusNotificationSchema) },
  responses: {
    '2XX': { description: 'The notification has arrived.' },
    default: { description: 'The notification is sent again, or dropped when that cannot help.' },
  },
};

function callback(trigger: Trigger): NonNullable<OpenApiPathItem['post']> {
  const { summary, notification } = triggers[trigger].texts;
  return {
    operationId: `${triggers[trigger].operationId}Callback`,
    summary,
    description: notification,
    tags: ['callbacks'],
    security: [],
    parameters: headers,
    requestBody: { required: true, content: jsonContent(callbackSchemas[trigger]) },
    responses: {
      '2XX': { description: 'The delivery succeeded.' },
      410: { description: 'The subscription ends.' },
      default: { description: 'The delivery is retried, or becomes dead when a retry cannot help.' },
    },
  };
}
