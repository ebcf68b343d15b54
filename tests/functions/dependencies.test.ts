import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { ProblemCode } from '../../shared/problem.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { startStorageProxy } from '../helpers/storage-proxy.ts';
import { expectProblem } from './expect-problem.ts';
import { customerInsights, startBackend, storage, type Answered, type StartedBackend } from './start-backend.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

type Faults = Awaited<ReturnType<typeof customerInsights>>['control'];
type Fault = Parameters<Faults['addFault']>[0]['fault'];

const triggersAndLists: readonly (readonly [Trigger, string])[] = [
  ['segment-threshold-crossed', '/manage/segments'],
  ['measure-threshold-crossed', '/manage/measures'],
  ['data-source-refresh-failed', '/manage/datasources'],
  ['data-source-refresh-failed', '/jobs'],
  ['full-refresh-completed', `/instances/${contosoInstanceId}`],
  ['unification-refresh-completed', '/jobs'],
];

describe('when Customer Insights gives no answer to a subscribe', () => {
  let backend: StartedBackend;
  /** For calls that get no answer at all. */
  let impatient: StartedBackend;
  beforeAll(async () => {
    [backend, impatient] = await Promise.all([
      startBackend({ settings: { CUSTOMER_INSIGHTS_TIMEOUT_MS: '100000' } }),
      startBackend({ settings: { CUSTOMER_INSIGHTS_TIMEOUT_MS: '300' } }),
    ]);
  });
  afterEach(async () => (await customerInsights()).control.clearFaults());

  const subscribe = (trigger: Trigger, by = backend): Promise<Answered> =>
    by.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'flow') });
  const failing = async (fault: Fault, pathIncludes: string): Promise<void> => {
    (await customerInsights()).control.addFault({ fault, times: 10, pathIncludes });
  };

  test.each<[Fault, number, ProblemCode, string]>([
    [{ kind: 'status', status: 429, retryAfter: 7 }, 429, 'customer-insights-throttled', '7'],
    [{ kind: 'status', status: 429, retryAfter: 600 }, 429, 'customer-insights-throttled', '600'],
    [{ kind: 'status', status: 503, retryAfter: 30 }, 503, 'customer-insights-unavailable', '30'],
    [{ kind: 'status', status: 401 }, 503, 'customer-insights-refused-us', '10'],
    [{ kind: 'status', status: 403 }, 503, 'customer-insights-refused-us', '10'],
    [{ kind: 'status', status: 400 }, 503, 'customer-insights-unavailable', '10'],
    [{ kind: 'garbage' }, 503, 'customer-insights-unavailable', '10'],
    [{ kind: 'html' }, 503, 'customer-insights-unavailable', '10'],
    [{ kind: 'empty' }, 503, 'customer-insights-unavailable', '10'],
  ])(
    'with %j, it is refused with %d %s and a Retry-After, and nothing is stored',
    async (fault, status, code, retryAfter) => {
      for (const [trigger, list] of triggersAndLists) {
        await failing(fault, list);
        const answer = await expectProblem(() => subscribe(trigger), status, code);
        expect(answer.headers['retry-after']).toBe(retryAfter);
      }
    },
  );

  test.each<[Fault, number, ProblemCode]>([
    [{ kind: 'hang' }, 503, 'customer-insights-unavailable'],
    [{ kind: 'reset' }, 503, 'customer-insights-unavailable'],
    [{ kind: 'status', status: 429 }, 429, 'customer-insights-throttled'],
  ])('with %j again and again, it is tried three times and then refused with %d %s', async (fault, status, code) => {
    const { control } = await customerInsights();
    await failing(fault, '/manage/segments');
    control.resetCalls();
    const by = fault.kind === 'hang' ? impatient : backend;
    const answer = await expectProblem(() => subscribe('segment-threshold-crossed', by), status, code);
    expect(answer.headers['retry-after']).toBe('10');
    expect(control.calls().total).toBe(3);
  });

  test('once, the flow does not notice', async () => {
    (await customerInsights()).control.addFault({ fault: { kind: 'status', status: 503 }, pathIncludes: '/segments' });
    expect((await subscribe('segment-threshold-crossed')).status).toBe(201);
  });

  test('a pick list is refused in the same way', async () => {
    await failing({ kind: 'status', status: 429, retryAfter: 9 }, '/manage/segments');
    const call = (): Promise<Answered> => backend.call('GET', `instances/${contosoInstanceId}/segments`);
    const answer = await expectProblem(call, 429, 'customer-insights-throttled');
    expect(answer.headers['retry-after']).toBe('9');
  });

  test('unsubscribing, getting and listing need none', async () => {
    const path = subscriptionsOf('full-refresh-completed');
    const { id } = (await subscribe('full-refresh-completed')).body as { id: string };
    await failing({ kind: 'hang' }, '');
    expect((await backend.call('GET', `${path}/${id}`)).status).toBe(200);
    expect((await backend.call('GET', path)).status).toBe(200);
    expect((await backend.call('DELETE', `${path}/${id}`)).status).toBe(204);
  });
});

describe('when storage gives no answer', () => {
  const routes: readonly (readonly [string, string])[] = [
    ['POST', 'triggers/segment-threshold-crossed/subscriptions'],
    ['GET', 'triggers/segment-threshold-crossed/subscriptions'],
    ['GET', 'triggers/segment-threshold-crossed/subscriptions/{id}'],
    ['DELETE', 'triggers/segment-threshold-crossed/subscriptions/{id}'],
    ['GET', 'health'],
  ];
  const id = `sub_cDx4tPEtaSWiHdmVUQzIhEAowcGwrxI-IYpoQbcDD6_6w8000000000000000BWdqJqR9sipmxf0n`;

  test('every route that needs it says so, with a Retry-After', async () => {
    const proxy = await startStorageProxy(storage(), () => ({ status: 503, code: 'ServerBusy' }));
    const backend = await startBackend({ settings: { AzureWebJobsStorage: proxy.connectionString } });
    const body = bodyOf('segment-threshold-crossed', 'flow');
    const expectUnavailable = async ([method, route]: readonly [string, string]): Promise<void> => {
      const call = (): Promise<Answered> =>
        backend.call(method, route.replace('{id}', id), { ...(method === 'POST' && { body }) });
      const answer = await expectProblem(call, 503, 'storage-unavailable');
      expect(answer.headers['retry-after']).toBe('10');
    };
    await Promise.all(routes.map(expectUnavailable));
    await proxy.stop();
    await Promise.all(routes.map(expectUnavailable));
    expect((await backend.call('GET', 'instances')).status).toBe(200);
  });
});
