import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId, contosoSandboxInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { ProblemCode } from '../../shared/problem.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { startBackend, type Answered, type StartedBackend } from './start-backend.ts';
import { expectProblem } from './expect-problem.ts';
import { bodyOf, callbackUrl, SECRET, subscriptionsOf } from './subscribe-bodies.ts';

const segments = 'segment-threshold-crossed';
const nobody = '99999999-9999-4999-8999-999999999999';

let backend: StartedBackend;
beforeAll(async () => {
  backend = await startBackend({ settings: { ALLOWED_INSTANCES: `${contosoInstanceId},${nobody}` }, verbose: true });
});

const subscribe = (trigger: string, body: unknown): Promise<Answered> =>
  backend.call('POST', `triggers/${trigger}/subscriptions`, { body });

describe('a body that breaks the schema is refused with the location of every fault:', () => {
  const missing = bodyOf(segments, 'a');
  delete missing['segmentName'];
  test.each<[string, Trigger, unknown, string[]]>([
    ['nothing', segments, {}, ['/callbackUrl', '/instanceId', '/segmentName', '/threshold']],
    ['a text', segments, '"text"', ['']],
    ['null', segments, 'null', ['']],
    ['a list', segments, [bodyOf(segments, 'a')], ['']],
    ['no segment', segments, missing, ['/segmentName']],
    ['a number for a name', segments, bodyOf(segments, 'a', { segmentName: 7 }), ['/segmentName']],
    ['an empty name', segments, bodyOf(segments, 'a', { segmentName: '' }), ['/segmentName']],
    ['a name too long', segments, bodyOf(segments, 'a', { segmentName: 'x'.repeat(257) }), ['/segmentName']],
    ['null for a name', segments, bodyOf(segments, 'a', { segmentName: null }), ['/segmentName']],
    ['text for a threshold', segments, bodyOf(segments, 'a', { threshold: '100' }), ['/threshold']],
    ['null for a threshold', segments, bodyOf(segments, 'a', { threshold: null }), ['/threshold']],
    ['a label too long', segments, bodyOf(segments, 'a', { label: 'x'.repeat(257) }), ['/label']],
    ['no GUID', segments, bodyOf(segments, 'a', { instanceId: 'contoso' }), ['/instanceId']],
    ['a URN', segments, bodyOf(segments, 'a', { instanceId: `urn:uuid:${contosoInstanceId}` }), ['/instanceId']],
    ['an unknown property', segments, bodyOf(segments, 'a', { color: 'red' }), ['/color']],
    ['a property with / and ~', segments, bodyOf(segments, 'a', { 'a/b~c': 1 }), ['/a~1b~0c']],
    ['__proto__', segments, `{"__proto__": {}, ${JSON.stringify(bodyOf(segments, 'a')).slice(1)}`, ['/__proto__']],
    ["another trigger's input", 'full-refresh-completed', bodyOf(segments, 'a'), ['/segmentName', '/threshold']],
    ['an empty callback URL', segments, bodyOf(segments, 'a', { callbackUrl: '' }), ['/callbackUrl']],
    [
      'a callback URL too long',
      segments,
      bodyOf(segments, 'a', { callbackUrl: callbackUrl('a').padEnd(16_385, 'x') }),
      ['/callbackUrl'],
    ],
    [
      'an empty data source, which counts as none',
      'data-source-refresh-failed',
      bodyOf(segments, 'a', { dataSourceId: '' }),
      ['/segmentName', '/threshold'],
    ],
    [
      'a star for a data source',
      'data-source-refresh-failed',
      bodyOf('data-source-refresh-failed', 'a', { dataSourceId: ' * ' }),
      ['/dataSourceId'],
    ],
  ])('%s', async (_, trigger, body, pointers) => {
    const answer = await expectProblem(() => subscribe(trigger, body), 400, 'body-invalid');
    const { errors } = answer.body as { errors: { pointer: string; message: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(pointers);
    for (const { message } of errors) expect(message).toMatch(/\w+ /);
  });

  test.each(['1e400', '-1e400'])('a threshold of %s, which is no number', async (written) => {
    const body = JSON.stringify(bodyOf(segments, 'a', { threshold: 12345 }));
    const inWords = body.replace('"threshold":12345', `"threshold":${written}`);
    const answer = await expectProblem(() => subscribe(segments, inWords), 400, 'body-invalid');
    expect(answer.body).toMatchObject({ errors: [{ pointer: '/threshold' }] });
  });
});

describe('a body that is not JSON in UTF-8 is refused:', () => {
  const latin1 = Buffer.from(JSON.stringify(bodyOf(segments, 'a', { label: 'Überfällig' })), 'latin1');
  const utf16 = Buffer.from(JSON.stringify(bodyOf(segments, 'a')), 'utf16le');
  test.each<[string, string | Buffer]>([
    ['an empty one', ''],
    ['half of one', `{"callbackUrl": "${callbackUrl('a')}`],
    ['a form', `callbackUrl=${encodeURIComponent(callbackUrl('a'))}`],
    ['NaN', JSON.stringify(bodyOf(segments, 'a')).replace('200', 'NaN')],
    ['Latin-1', latin1],
    ['UTF-16', utf16],
  ])('%s', async (_, body) => {
    await expectProblem(() => subscribe(segments, body), 400, 'body-invalid');
  });
});

describe('a callback URL that may not be called is refused:', () => {
  const [, rest = ''] = callbackUrl('a').split('logic.azure.com');
  test.each([
    `https://prod-12.westeurope.logic.azure.com.evil.example${rest}`,
    `https://logic.azure.com${rest}`,
    `http://prod-12.westeurope.logic.azure.com${rest.replace(':443', '')}`,
    `https://prod-12.westeurope.logic.azure.com:8443/?sig=${SECRET}`,
    `https://user:${SECRET}@prod-12.westeurope.logic.azure.com/`,
    `https://prod-12.westeurope.logic.azure.com/#${SECRET}`,
    `https://127.0.0.1/?sig=${SECRET}`,
    `https://[::1]/?sig=${SECRET}`,
    `https://localhost/?sig=${SECRET}`,
    `ftp://prod-12.westeurope.logic.azure.com/?sig=${SECRET}`,
    `/relative?sig=${SECRET}`,
    `https://prod-12.westeurope.logic.azure.com/ü?sig=${SECRET}`,
    ` https://prod-12.westeurope.logic.azure.com/?sig=${SECRET}`,
  ])('%s', async (url) => {
    const body = bodyOf(segments, 'a', { callbackUrl: url });
    await expectProblem(() => subscribe(segments, body), 400, 'callback-url-not-allowed');
  });
});

describe('what there is not cannot be subscribed to:', () => {
  test.each<[string, Trigger, object, ProblemCode]>([
    ['instance (any data source)', 'data-source-refresh-succeeded', { instanceId: nobody }, 'instance-unknown'],
    ['instance (a data source)', 'data-source-refresh-failed', { instanceId: nobody }, 'instance-unknown'],
    ['instance (segment)', segments, { instanceId: nobody }, 'instance-unknown'],
    ['instance (measure)', 'measure-threshold-crossed', { instanceId: nobody }, 'instance-unknown'],
    ['instance (full refresh)', 'full-refresh-completed', { instanceId: nobody }, 'instance-unknown'],
    ['instance (unification)', 'unification-refresh-completed', { instanceId: nobody }, 'instance-unknown'],
    ['segment', segments, { segmentName: 'NoSuchSegment' }, 'segment-unknown'],
    ['segment of this case', segments, { segmentName: 'churnrisk' }, 'segment-unknown'],
    ['segment of the name of a measure', segments, { segmentName: 'TotalRevenue' }, 'segment-unknown'],
    ['measure', 'measure-threshold-crossed', { measureName: '../segments' }, 'measure-unknown'],
    ['data source', 'data-source-refresh-failed', { dataSourceId: nobody }, 'data-source-unknown'],
    ['data source of this name', 'data-source-refresh-failed', { dataSourceId: 'OnlineStore' }, 'data-source-unknown'],
  ])('%s', async (_, trigger, more, code) => {
    await expectProblem(() => subscribe(trigger, bodyOf(trigger, 'a', more)), 404, code);
  });

  test.each(['GET', 'POST'])('trigger (%s)', async (method) => {
    const body = method === 'POST' ? bodyOf(segments, 'a') : undefined;
    await expectProblem(() => backend.call(method, 'triggers/no-such/subscriptions', { body }), 404, 'trigger-unknown');
  });
});

test.each([
  ['POST', `${subscriptionsOf(segments)}/an-id`],
  ['DELETE', subscriptionsOf(segments)],
  ['PATCH', subscriptionsOf(segments)],
  ['GET', 'no/such/route'],
])('%s %s is no route: 404 without a body', async (method, path) => {
  expect(await backend.call(method, path)).toMatchObject({ status: 404, body: undefined });
});

test.each(['RevenueByCountry', 'CustomerLifetimeValue'])(
  'the measure %s has a dimension and cannot be subscribed to',
  async (measureName) => {
    const body = bodyOf('measure-threshold-crossed', 'a', { measureName });
    await expectProblem(() => subscribe('measure-threshold-crossed', body), 422, 'measure-has-dimension');
  },
);

test('an instance that the operator does not allow is refused before anybody is asked about it', async () => {
  const body = bodyOf('full-refresh-completed', 'a', { instanceId: contosoSandboxInstanceId.toUpperCase() });
  await expectProblem(() => subscribe('full-refresh-completed', body), 403, 'instance-not-allowed');
});

describe('a body', () => {
  test('of more than 64 KiB is refused', async () => {
    const body = JSON.stringify(bodyOf(segments, 'a')).padEnd(64 * 1024 + 1);
    await expectProblem(() => subscribe(segments, body), 413, 'body-too-large');
  });

  test('that comes in chunks is asked for in one piece', async () => {
    const headers = { 'transfer-encoding': 'chunked' };
    const path = subscriptionsOf(segments);
    await expectProblem(
      () => backend.call('POST', path, { body: bodyOf(segments, 'a'), headers }),
      411,
      'length-required',
    );
  });
});

test('no answer and no log line held a callback URL', () => {
  expect(backend.answers.length).toBeGreaterThan(0);
  expect(backend.lines.join('\n')).toContain('insights.called');
  const everything = [...backend.answers, ...backend.lines];
  expect(everything.filter((text) => text.includes(SECRET))).toEqual([]);
});
