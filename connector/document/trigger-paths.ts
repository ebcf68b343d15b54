import { callbackSchemas } from '../../shared/deliveries/attempt/callback-schemas.ts';
import { triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import { inPath, workflowHeaders } from './parameters.ts';
import { refusing, responses } from './responses.ts';
import { swaggerSchema } from './schemas.ts';
import { subscribeBody } from './subscribe-body.ts';
import type { PathItem } from './swagger-document.ts';

/**
 * For each trigger: its subscribe operation, and the unsubscribe operation at the `Location` of a
 * subscription.
 */
export function triggerPaths(): Record<string, PathItem> {
  return Object.fromEntries(
    triggerNames.flatMap((trigger) => [
      [`/triggers/${trigger}/subscriptions`, subscribePath(trigger)],
      [`/triggers/${trigger}/subscriptions/{id}`, unsubscribePath(trigger)],
    ]),
  );
}

function subscribePath(trigger: Trigger): PathItem {
  const { summary, description, hint, notification } = triggers[trigger].texts;
  const ofMeasure = triggers[trigger].subject.kind === 'measure' ? ([422] as const) : [];
  return {
    'x-ms-notification-content': { description: notification, schema: swaggerSchema(callbackSchemas[trigger]) },
    post: {
      operationId: triggers[trigger].operationId,
      summary,
      description,
      'x-ms-visibility': 'important',
      'x-ms-trigger': 'single',
      'x-ms-trigger-hint': hint,
      parameters: [...workflowHeaders, subscribeBody(trigger)],
      responses: responses(
        {
          201: {
            description: 'The flow is subscribed.',
            headers: { Location: { type: 'string', description: 'Where to unsubscribe.' } },
          },
        },
        403,
        404,
        409,
        ...ofMeasure,
      ),
    },
  };
}

function unsubscribePath(trigger: Trigger): PathItem {
  const { summary } = triggers[trigger].texts;
  return {
    delete: {
      operationId: `${triggers[trigger].operationId}Unsubscribe`,
      summary: triggers[trigger].texts.unsubscribe,
      description: `This operation ends the subscription of a flow with the trigger "${summary}"; the platform calls it.`,
      'x-ms-visibility': 'internal',
      parameters: [inPath('id', 'The subscription to end.')],
      // Unsubscribing is not counted as a call, and an unknown id is treated like a subscription
      // that was deleted.
      responses: { 204: { description: 'The subscription no longer exists.' }, ...refusing(401, 503) },
    },
  };
}
