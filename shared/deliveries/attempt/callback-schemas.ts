import { Type, type TObject, type TSchema } from '@sinclair/typebox';
import { instant, oneOf, text } from '../../triggers/payload-schema.ts';
import { byTrigger, triggerNames, triggers } from '../../triggers/trigger.ts';

/**
 * The schema of the body that a flow receives, for each trigger. `callbackBody` writes such bodies.
 * The connector definition shows the schema to makers, and Power Automate refuses a body that does
 * not match it (`TriggerInputSchemaMismatch`). Unknown properties are allowed, because a later
 * version may add some.
 */
export const callbackSchemas = byTrigger(triggerNames, (trigger): TObject =>
  Type.Object({
    eventId: text('Event ID', 'Identifies the event. Every flow that is called for the event gets the same ID.'),
    deliveryId: text(
      'Delivery ID',
      'Identifies the delivery. It is the same at every attempt, so a repeated ID means a duplicate.',
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

/**
 * Properties of a callback that listed events do not have: those that differ between subscriptions,
 * and `test`, because test events are not listed.
 */
const callbackOnly: ReadonlySet<string> = new Set(['deliveryId', 'subscriptionId', 'threshold', 'test']);

/**
 * The properties of an event in the list of recent events, for all triggers together. Properties
 * that only some triggers have are optional.
 */
export function eventProperties(): { readonly properties: Record<string, TSchema>; readonly required: string[] } {
  const schemas = Object.values(callbackSchemas);
  const properties: Record<string, TSchema> = {};
  for (const schema of schemas) {
    for (const [name, property] of Object.entries(schema.properties)) {
      if (!callbackOnly.has(name)) properties[name] = merged(properties[name], property);
    }
  }
  const required = Object.keys(properties).filter((name) => schemas.every((schema) => schema.required?.includes(name)));
  return { properties, required };
}

/** Merges the schemas of two properties with the same name. They differ in their `enum` at most. */
function merged(one: TSchema | undefined, other: TSchema): TSchema {
  const values = [one, other].flatMap((schema) => (schema?.['enum'] as readonly unknown[] | undefined) ?? []);
  return values.length === 0 ? other : { ...other, enum: [...new Set(values)] };
}
