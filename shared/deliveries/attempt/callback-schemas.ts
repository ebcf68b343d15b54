import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { instant, oneOf, text } from '../../triggers/payload-schema.ts';
import { byTrigger, triggerNames, triggers } from '../../triggers/trigger.ts';

/**
 * The body that a flow receives, for each trigger: what `callbackBody` makes of an event. The connector definition shows it to
 * the flow's maker, and the platform refuses a body that does not fit (`TriggerInputSchemaMismatch`). Open, because a later
 * version may add properties.
 */
export const callbackSchemas = byTrigger(triggerNames, (trigger): TObject =>
  Type.Object({
    eventId: text('Event ID', 'Identifies the event. Every flow that is called for the event gets the same ID.'),
    deliveryId: text(
      'Delivery ID',
      'Identifies what this flow was sent, the same at every attempt: two alike are one.',
    ),
    subscriptionId: text('Subscription ID', 'The subscription for which the flow is called.'),
    trigger: oneOf('Trigger', 'The trigger that fired.', trigger),
    instanceId: text('Instance ID', 'The Customer Insights instance where it happened.'),
    occurredAt: instant('Occurred At', 'When it happened in Customer Insights.'),
    test: Type.Optional(
      Type.Unsafe<true>({
        type: 'boolean',
        enum: [true],
        title: 'Test',
        description: 'Present and true when this is a test event.',
      }),
    ),
    ...triggers[trigger].payload,
  }),
);

/** What belongs to one subscription and is no part of an event; and events of tests are in no list. */
const ownOfCallback: ReadonlySet<string> = new Set(['deliveryId', 'subscriptionId', 'threshold', 'test']);

/** The properties of an event of any trigger, as the list of recent events answers them: all that not every trigger has are optional. */
export function eventProperties(): { readonly properties: Record<string, TSchema>; readonly required: string[] } {
  const schemas = Object.values(callbackSchemas);
  const properties: Record<string, TSchema> = {};
  for (const schema of schemas) {
    for (const [name, property] of Object.entries(schema.properties)) {
      if (!ownOfCallback.has(name)) properties[name] = merged(properties[name], property);
    }
  }
  const required = Object.keys(properties).filter((name) => schemas.every((schema) => schema.required?.includes(name)));
  return { properties, required };
}

/** Two properties of one name differ in the values they can have, if in anything. */
function merged(one: TSchema | undefined, other: TSchema): TSchema {
  const values = [one, other].flatMap((schema) => (schema?.['enum'] as readonly unknown[] | undefined) ?? []);
  return values.length === 0 ? other : { ...other, enum: [...new Set(values)] };
}
