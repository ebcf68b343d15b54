import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { subscribeBody } from '../connector/document/subscribe-body.ts';
import { settings } from '../shared/settings.ts';
import { callbackBody } from '../shared/deliveries/attempt/callback-body.ts';
import { callbackSchemas } from '../shared/deliveries/attempt/callback-schemas.ts';
import { parseDeliveryId } from '../shared/deliveries/records/delivery-id.ts';
import { parseEventId } from '../shared/events/event-id.ts';
import type { Event } from '../shared/events/event.ts';
import { sampleEvent } from '../shared/events/sample-event.ts';
import { parseSubscriptionId } from '../shared/subscriptions/subscription-id.ts';
import type { Subscription } from '../shared/subscriptions/subscription.ts';
import { isTrigger, triggerNames, triggers, type Trigger } from '../shared/triggers/trigger.ts';
import { validatorOf } from '../shared/validation.ts';
import { codesOf, tableRows } from './helpers/markdown.ts';

const guide = readFileSync('docs/flow-makers-guide.md', 'utf8');

/**
 * The text of each second-level section by its heading; that before the first one has no heading.
 */
const sections = new Map(
  guide.split(/^## /m).map((section, index) => {
    const end = section.indexOf('\n');
    return index === 0 ? ['', section] : [section.slice(0, end), section.slice(end)];
  }),
);
const sectionOf = (heading: string): string => sections.get(heading) ?? '';
const common = sectionOf('How a trigger works');

type Sample = Event & { readonly deliveryId: string; readonly subscriptionId: string; readonly threshold?: number };
const samplesOf = (section: string): Sample[] =>
  [...section.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => JSON.parse(text) as Sample);

describe.each(triggerNames)('the guide on %s', (trigger) => {
  const section = sectionOf(triggers[trigger].texts.summary);

  test('has a section of its own, with when it fires, when not, and one sample', () => {
    expect(section).toContain('**Fires**');
    expect(section).toContain('**Does not fire**');
    expect(section).toContain('**What to do with it**');
    expect(samplesOf(section).map((sample) => sample.trigger)).toEqual([trigger]);
  });

  test('lists the inputs that the designer shows', () => {
    expect([...inputsOf(common), ...inputsOf(section)].sort(byName)).toEqual(declaredInputs(trigger).sort(byName));
  });

  test('lists the properties of a call by both names, and says which may be absent', () => {
    const { properties, required = [] } = callbackSchemas[trigger];
    const declared = Object.entries(properties).map(([name, { title }]) => {
      return { name, title, optional: !required.includes(name) };
    });
    expect([...propertiesOf(common), ...propertiesOf(section)].sort(byName)).toEqual(declared.sort(byName));
  });
});

describe('every sample', () => {
  const samples = samplesOf(guide);

  test('fits the schema of its trigger, and has nothing that the schema does not know', () => {
    expect(samples.length).toBeGreaterThan(triggerNames.length);
    for (const sample of samples) {
      const schema = isTrigger(sample.trigger) ? callbackSchemas[sample.trigger] : undefined;
      const validate = validatorOf({ ...schema, additionalProperties: false } as never);
      expect(validate(sample)).toEqual({ kind: 'valid', value: sample });
    }
  });

  test('is byte for byte what a flow receives', () => {
    for (const sample of samples) {
      const { deliveryId, subscriptionId, threshold, ...event } = sample;
      expect(callbackBody(event, deliveryId, { id: subscriptionId, threshold })).toBe(JSON.stringify(sample));
    }
  });

  test('has ids that belong together', () => {
    for (const { eventId, deliveryId, subscriptionId, instanceId, occurredAt } of samples) {
      const { rowKey } = parseSubscriptionId(subscriptionId) ?? {};
      expect(parseEventId(eventId)).toMatchObject({ instanceId, occurredAtMs: Date.parse(occurredAt) });
      expect(parseDeliveryId(deliveryId)).toMatchObject({ eventId, rowKey });
    }
  });

  test('of a test is what the service makes up for these inputs', () => {
    const tests = samples.filter((sample) => sample.test);
    expect(tests).toEqual(samplesOf(sectionOf('Test events')));
    for (const sample of tests) {
      if (sample.trigger !== 'segment-threshold-crossed') throw new Error('nobody has said how to check this test');
      const { deliveryId, subscriptionId, trigger, instanceId, threshold, eventId, occurredAt } = sample;
      const subscription = { id: subscriptionId, trigger, instanceId, subject: sample.segmentName, threshold };
      const event = sampleEvent(subscription, { eventId, occurredAt });
      expect(callbackBody(event, deliveryId, subscription as Subscription)).toBe(JSON.stringify(sample));
    }
  });
});

test('expressions read properties that a call can have', () => {
  const read = [...guide.matchAll(/triggerBody\(\)\?\['(\w+)'\]/g)].map(([, name = '']) => name);
  const known = new Set(Object.values(callbackSchemas).flatMap(({ properties }) => Object.keys(properties)));
  expect(read.length).toBeGreaterThan(0);
  expect(read.filter((name) => !known.has(name))).toEqual([]);
});

test('the limits are those of the settings', () => {
  const limits = new Map(tableRows(sectionOf('Limits'), 'what').map(([what, howMany]) => [what, howMany]));
  const number = (setting: { readonly default?: string | undefined }): number => Number(setting.default);
  const seconds = number(settings.RATE_LIMIT_WINDOW_SECONDS);
  const subscriptions = number(settings.MAX_SUBSCRIPTIONS_PER_CONNECTION).toLocaleString('en-US');
  expect(limits.get('calls of a connection')).toMatch(
    `${number(settings.RATE_LIMIT_CALLS)} in any ${seconds} seconds:`,
  );
  expect(limits.get('subscriptions of a connection')).toBe(subscriptions);
  expect(limits.get('time in which a flow has to answer')).toMatch(
    `${number(settings.DELIVERY_TIMEOUT_MS) / 1000} seconds;`,
  );
});

interface Named {
  readonly name: string;
}

const byName = (one: Named, other: Named): number => (one.name < other.name ? -1 : 1);

function inputsOf(section: string) {
  return tableRows(section, 'input').map(([name = '', required]) => ({ name, required: required === 'yes' }));
}

function declaredInputs(trigger: Trigger) {
  const { properties = {}, required = [] } = subscribeBody(trigger).schema;
  return Object.entries(properties)
    .filter(([, property]) => property['x-ms-visibility'] !== 'internal')
    .map(([key, { title = '' }]) => ({ name: title, required: required.includes(key) }));
}

function propertiesOf(section: string) {
  return tableRows(section, 'property').map(([name, title, optional]) => {
    return { name: codesOf(name)[0] ?? '', title, optional: optional === 'yes' };
  });
}
