import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  contosoInstanceId,
  contosoSandboxInstanceId,
  crmDataSourceId,
} from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';
import {
  customerInsights,
  PUBLIC_BASE_URL,
  startBackend,
  type Answered,
  type StartedBackend,
} from './start-backend.ts';
import { storedRows } from './stored-rows.ts';
import { bodyOf, SECRET, subscriptionsOf } from './subscribe-bodies.ts';

let backend: StartedBackend;
beforeAll(async () => {
  backend = await startBackend({ verbose: true });
});

let flows = 0;
const subscribe = (trigger: Trigger, more: object = {}): Promise<Answered> => {
  flows += 1;
  return backend.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, `flow-${flows}`, more) });
};
const viewOf = ({ body }: Answered): Record<string, unknown> => body as Record<string, unknown>;

test.each(triggerNames)('%s answers 201 with the subscription and the address of its DELETE', async (trigger) => {
  const answer = await subscribe(trigger);
  expect(answer.status).toBe(201);
  expect(answer.headers['content-type']).toBe('application/json');
  const { id, ...view } = viewOf(answer);
  expect(id).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
  const { callbackUrl: _, ...input } = bodyOf(trigger, '');
  expect(view).toEqual({
    title: expect.any(String),
    trigger,
    ...input,
    status: 'active',
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    health: { deadDeliveries: 0 },
  });

  const { location } = answer.headers;
  expect(location).toBe(`${PUBLIC_BASE_URL}/api/triggers/${trigger}/subscriptions/${String(id)}`);
  const path = String(location).slice(`${PUBLIC_BASE_URL}/api/`.length);
  expect((await backend.call('GET', path)).status).toBe(200);
  expect((await backend.call('DELETE', path)).status).toBe(204);
  expect((await backend.call('GET', path)).status).toBe(404);
});

test('the address does not depend on the host that the request names', async () => {
  const answer = await backend.call('POST', subscriptionsOf('full-refresh-completed'), {
    body: bodyOf('full-refresh-completed', 'another-host'),
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-original-url': 'https://evil.example/' },
  });
  expect(answer.headers['location']).toMatch(`${PUBLIC_BASE_URL}/api/`);
  expect(JSON.stringify(answer)).not.toContain('evil.example');
});

describe('names', () => {
  test.each([
    'Größer als ź',
    `O'Brien "the" one`,
    'a/b\\c',
    '  two  blanks ',
    'Łódź 🚀',
    '#?%2F,&=+',
    '*',
    '..',
    '☃'.repeat(256),
  ])('a segment may be called %j', async (segmentName) => {
    const { control } = await customerInsights();
    control.addSegment({ instanceId: contosoInstanceId, name: segmentName, memberCount: 3 });
    const answer = await subscribe('segment-threshold-crossed', { segmentName });
    expect(answer.status).toBe(201);
    const path = `${subscriptionsOf('segment-threshold-crossed')}/${String(viewOf(answer)['id'])}`;
    const { body } = await backend.call('GET', path);
    expect(body).toMatchObject({ segmentName, lastEvaluation: { value: 3 } });
  });

  test.each(['Größer als ź', 'a/b\\c "d" \'e\'', 'Łódź 🚀', '#?%2F,&=+', '*'])(
    'a measure may be called %j',
    async (measureName) => {
      const { control } = await customerInsights();
      control.addMeasure({ instanceId: contosoInstanceId, name: measureName, value: 3 });
      const answer = await subscribe('measure-threshold-crossed', { measureName });
      expect(answer).toMatchObject({ status: 201, body: { measureName } });
      const path = `${subscriptionsOf('measure-threshold-crossed')}/${String(viewOf(answer)['id'])}`;
      expect((await backend.call('GET', path)).body).toMatchObject({ measureName, lastEvaluation: { value: 3 } });
    },
  );

  test.each(['Überfällig 🚀 łódź', `"quotes" and \\ and \n and \t`, 'x'.repeat(256)])(
    'a label comes back as it was: %j',
    async (label) => {
      const answer = await subscribe('full-refresh-completed', { label });
      expect(viewOf(answer)['label']).toBe(label);
      const path = `${subscriptionsOf('full-refresh-completed')}/${String(viewOf(answer)['id'])}`;
      expect((await backend.call('GET', path)).body).toMatchObject({ label });
    },
  );

  test('instances and data sources are found however their ids are written', async () => {
    const answer = await subscribe('data-source-refresh-failed', {
      instanceId: contosoInstanceId.toUpperCase(),
      dataSourceId: crmDataSourceId.toUpperCase(),
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ instanceId: contosoInstanceId, dataSourceId: crmDataSourceId });
  });
});

test.each([
  ['0', 0],
  ['-0', 0],
  ['1e308', 1e308],
  ['-1e308', -1e308],
  ['5e-324', 5e-324],
  ['0.1', 0.1],
  ['9007199254740993', 9007199254740992],
  ['1.7976931348623157e308', Number.MAX_VALUE],
])('a threshold of %s is taken as %d', async (written, threshold) => {
  flows += 1;
  const body = JSON.stringify(bodyOf('measure-threshold-crossed', `flow-${flows}`, { threshold: 12345 }));
  const answer = await backend.call('POST', subscriptionsOf('measure-threshold-crossed'), {
    body: body.replace('"threshold":12345', `"threshold":${written}`),
  });
  expect(answer.status).toBe(201);
  expect(Object.is(viewOf(answer)['threshold'], threshold)).toBe(true);
});

describe('a subscription that can hardly ever fire is made, with a warning:', () => {
  test.each<[string, Trigger, object]>([
    ['a full refresh of a sandbox instance', 'full-refresh-completed', { instanceId: contosoSandboxInstanceId }],
    ['an inactive segment', 'segment-threshold-crossed', { segmentName: 'LapsedCustomers' }],
  ])('%s', async (_, trigger, more) => {
    const answer = await subscribe(trigger, more);
    expect(answer.status).toBe(201);
    expect(viewOf(answer)['warnings']).toEqual([expect.stringMatching(/^[A-Z].+\.$/)]);
  });

  test('a unification of a sandbox instance has none', async () => {
    const answer = await subscribe('unification-refresh-completed', { instanceId: contosoSandboxInstanceId });
    expect(viewOf(answer)).not.toHaveProperty('warnings');
  });
});

test('a body of 64 KiB is taken', async () => {
  const body = JSON.stringify(bodyOf('full-refresh-completed', 'padded'));
  const path = subscriptionsOf('full-refresh-completed');
  expect((await backend.call('POST', path, { body: body.padEnd(64 * 1024) })).status).toBe(201);
});

test('the longest callback URL is taken', async () => {
  const url = bodyOf('full-refresh-completed', 'long')['callbackUrl'] as string;
  const answer = await subscribe('full-refresh-completed', { callbackUrl: url.padEnd(16_384, 'x') });
  expect(answer.status).toBe(201);
});

test('no answer, log line or row holds a callback URL in clear', async () => {
  await subscribe('segment-threshold-crossed');
  const rows = await storedRows();
  expect(rows['subscriptions']?.length).toBeGreaterThan(0);
  expect(backend.lines.join('\n')).toContain('insights.called');
  const everything = [...backend.answers, ...backend.lines, JSON.stringify(rows)];
  expect(everything.filter((text) => text.includes(SECRET) || text.includes('logic.azure.com'))).toEqual([]);
});
