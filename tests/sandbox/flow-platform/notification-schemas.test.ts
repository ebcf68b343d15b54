import { describe, expect, test } from '@jest/globals';
import { notificationMismatch, notificationSchemas } from '../../../sandbox/flow-platform/notification-schemas.ts';
import type { TriggerSegment } from '../../../sandbox/flow-platform/notification-schemas.ts';
import { triggerNames, type Trigger } from '../../../shared/triggers/trigger.ts';
import { leastNotifications } from './notifications.ts';

const triggers = Object.keys(notificationSchemas) as TriggerSegment[];

test('the platform knows each trigger of the backend', () => {
  // The type makes the compiler ask for a new trigger.
  const schemas: Readonly<Record<Trigger, object>> = notificationSchemas;
  expect(Object.keys(schemas)).toEqual(triggerNames);
});

describe.each(triggers)('the notification of %s', (trigger) => {
  const least = leastNotifications[trigger];

  test('is accepted with its required properties alone', () => {
    expect(notificationMismatch(trigger, least)).toBeUndefined();
  });

  test.each(Object.keys(least))('is refused without %s', (name) => {
    const rest = Object.entries(least).filter(([each]) => each !== name);
    expect(notificationMismatch(trigger, Object.fromEntries(rest))).toContain(name);
  });

  test.each(Object.keys(least))('is refused with a null %s', (name) => {
    expect(notificationMismatch(trigger, { ...least, [name]: null })).toContain(name);
  });

  test('is accepted with the mark of a test event, which is never false', () => {
    expect(notificationMismatch(trigger, { ...least, test: true })).toBeUndefined();
    expect(notificationMismatch(trigger, { ...least, test: false })).toContain('test');
  });

  test('is accepted with a property that is new and flat, refused with one that is nested or null', () => {
    expect(notificationMismatch(trigger, { ...least, novelty: 1 })).toBeUndefined();
    expect(notificationMismatch(trigger, { ...least, novelty: { a: 1 } })).toContain('novelty');
    expect(notificationMismatch(trigger, { ...least, novelty: [1] })).toContain('novelty');
    expect(notificationMismatch(trigger, { ...least, novelty: null })).toContain('novelty');
  });

  test('is refused with the body of any other trigger', () => {
    const others = triggers.filter((other) => other !== trigger).map((other) => leastNotifications[other]);
    expect(others.map((body) => notificationMismatch(trigger, body))).not.toContain(undefined);
  });
});

test.each([
  ['data-source-refresh-failed', { jobId: 'job-1', errorMessage: 'No access.' }],
  ['data-source-refresh-succeeded', { jobId: 'job-1' }],
  ['full-refresh-completed', { failedTaskCount: 2 }],
  ['unification-refresh-completed', { jobId: 'job-1' }],
] as const)('%s takes its optional properties, but not as null', (trigger, optional) => {
  expect(notificationMismatch(trigger, { ...leastNotifications[trigger], ...optional })).toBeUndefined();
  for (const name of Object.keys(optional)) {
    expect(notificationMismatch(trigger, { ...leastNotifications[trigger], ...optional, [name]: null })).toContain(
      name,
    );
  }
});

test('an instant is ISO 8601 in UTC', () => {
  const trigger = 'segment-threshold-crossed';
  for (const evaluatedAt of ['2026-01-02T03:04:05+01:00', '2026-01-02 03:04:05', '1767323045']) {
    expect(notificationMismatch(trigger, { ...leastNotifications[trigger], evaluatedAt })).toContain('evaluatedAt');
  }
});

test('a status outside the contract is refused', () => {
  const failed = leastNotifications['data-source-refresh-failed'];
  const completed = leastNotifications['full-refresh-completed'];
  expect(notificationMismatch('data-source-refresh-failed', { ...failed, refreshStatus: 'successful' })).toBeDefined();
  expect(notificationMismatch('full-refresh-completed', { ...completed, status: 'Skipped' })).toBeDefined();
});

test.each([['text'], [[]], [null], [1]])('a body that is no object is refused: %j', (body) => {
  expect(notificationMismatch('segment-threshold-crossed', body)).toBeDefined();
});
