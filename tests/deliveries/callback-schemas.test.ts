import { describe, expect, test } from '@jest/globals';
import { callbackBody } from '../../shared/deliveries/attempt/callback-body.ts';
import { callbackSchemas, eventProperties } from '../../shared/deliveries/attempt/callback-schemas.ts';
import type { Event } from '../../shared/events/event.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';
import { validatorOf } from '../../shared/validation.ts';

const at = '2026-11-23T10:00:00.000Z';
const base = { eventId: 'e1', instanceId: '0f1e2d3c-4b5a-4968-8776-655443322110', occurredAt: at };
const crossing = { displayName: 'VIPs', previousValue: 9.5, value: 11, evaluatedAt: at };
const refresh = { ...base, dataSourceId: 'd1', dataSourceName: 'CRM', endedAt: at };

/** Each trigger with as little and as much as its event may have. */
const events: readonly Event[] = [
  { ...refresh, trigger: 'data-source-refresh-failed', refreshStatus: 'failed' },
  { ...refresh, trigger: 'data-source-refresh-failed', refreshStatus: 'timedOut', jobId: 'j1', errorMessage: 'No.' },
  { ...refresh, trigger: 'data-source-refresh-succeeded', refreshStatus: 'successful', jobId: 'j1' },
  { ...base, ...crossing, trigger: 'segment-threshold-crossed', segmentName: 'vips', test: true },
  { ...base, ...crossing, trigger: 'measure-threshold-crossed', measureName: 'revenue' },
  ...(['successful', 'failed', 'timedOut'] as const).flatMap((status): Event[] => [
    { ...base, trigger: 'full-refresh-completed', jobId: 'j1', status, submittedAt: at, endedAt: at },
    {
      ...base,
      trigger: 'full-refresh-completed',
      jobId: 'j1',
      status,
      originalStatus: 'completedWithWarnings',
      submissionKind: status === 'failed' ? 'onDemand' : 'scheduled',
      submittedAt: at,
      endedAt: at,
    },
    {
      ...base,
      trigger: 'unification-refresh-completed',
      jobId: 'j1',
      status,
      submissionKind: status === 'failed' ? 'onDemand' : 'scheduled',
      endedAt: at,
    },
  ]),
  {
    ...base,
    trigger: 'full-refresh-completed',
    jobId: 'j1',
    status: 'failed',
    submittedAt: at,
    endedAt: at,
    failedTaskCount: 2,
  },
];

function bodyOf(event: Event): Record<string, unknown> {
  const threshold = event.trigger.endsWith('threshold-crossed') ? 10 : undefined;
  return JSON.parse(callbackBody(event, 'd1', { id: 's1', threshold })) as Record<string, unknown>;
}

describe.each(triggerNames)('the callback of %s', (trigger) => {
  const validate = validatorOf({ ...callbackSchemas[trigger], additionalProperties: false });
  const own = events.filter((event) => event.trigger === trigger);

  test('fits its schema, which knows all of its properties', () => {
    expect(own.length).toBeGreaterThan(0);
    for (const event of own) expect(validate(bodyOf(event))).toMatchObject({ kind: 'valid' });
  });

  test('does not fit it without one of the required properties, or with null in place of any', () => {
    const [event] = own;
    const body = event === undefined ? {} : bodyOf(event);
    for (const name of callbackSchemas[trigger].required ?? []) {
      const { [name]: _, ...rest } = body;
      expect({ name, ...validate(rest) }).toMatchObject({ name, kind: 'invalid' });
    }
    for (const name of Object.keys(callbackSchemas[trigger].properties)) {
      expect({ name, ...validate({ ...body, [name]: null }) }).toMatchObject({ name, kind: 'invalid' });
    }
  });

  test('does not fit the schema of another trigger', () => {
    for (const event of own) {
      const fits = triggerNames.filter((name) => validatorOf(callbackSchemas[name])(bodyOf(event)).kind === 'valid');
      expect(fits).toEqual([trigger]);
    }
  });

  test('says of each property what it is called and what it means', () => {
    for (const [name, property] of Object.entries(callbackSchemas[trigger].properties)) {
      expect({ name, ...property }).toMatchObject({
        title: expect.stringMatching(/^[A-Z]/),
        description: expect.stringMatching(/[.]$/),
      });
    }
  });
});

test('an event of any trigger is what its callback contains, without what belongs to one subscription', () => {
  const { properties, required } = eventProperties();
  expect(required).toEqual(['eventId', 'trigger', 'instanceId', 'occurredAt']);
  expect(properties['trigger']?.['enum']).toEqual(triggerNames);
  expect(properties['refreshStatus']?.['enum']).toEqual(['failed', 'timedOut', 'successful']);
  const validate = validatorOf({ type: 'object', properties, required, additionalProperties: false } as never);
  for (const { test: _, ...event } of events) expect(validate(event)).toMatchObject({ kind: 'valid' });
  for (const own of ['deliveryId', 'subscriptionId', 'threshold', 'test']) expect(properties).not.toHaveProperty(own);
});
