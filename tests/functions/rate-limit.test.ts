import { expect, test } from '@jest/globals';
import { contosoInstanceId, contosoSandboxInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { startBackend, type Answered } from './start-backend.ts';
import { bodyOf } from './subscribe-bodies.ts';

const list = 'triggers/full-refresh-completed/subscriptions';

test('a connection has so many calls in a window, over all instances of the app; unsubscribing and health are free', async () => {
  const settings = { RATE_LIMIT_CALLS: '5', RATE_LIMIT_WINDOW_SECONDS: '3600' };
  const [one, other] = await Promise.all([startBackend({ settings }), startBackend({ settings })]);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? one : other).call('GET', list)),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(7);
  const { headers } = await expectProblem(() => one.call('GET', list), 429, 'too-many-calls');
  const retryAfter = Number(headers['retry-after']);
  expect(retryAfter).toBeGreaterThan(3_000);
  // The window, a second for clocks that differ, and up to half a second more so that permits free
  // together.
  expect(retryAfter).toBeLessThanOrEqual(3_602);

  expect((await one.call('DELETE', `${list}/sub_unknown`)).status).toBe(204);
  expect((await other.call('GET', 'health')).status).toBe(200);
  expect((await other.call('GET', 'instances')).status).toBe(429);
  const key = { headers: { 'x-functions-key': 'another-connection' } };
  expect((await one.call('GET', list, key)).status).toBe(200);
});

test('the calls to an instance have the same limit, of which a part is kept for polls', async () => {
  const settings = { RATE_LIMIT_CALLS: '10', RATE_LIMIT_WINDOW_SECONDS: '3600' };
  const [one, other] = await Promise.all([startBackend({ settings }), startBackend({ settings })]);
  const pick = (index: number): Promise<Answered> =>
    (index % 2 === 0 ? one : other).call('GET', `instances/${contosoInstanceId}/segments`, {
      headers: { 'x-functions-key': `connection-${index}` },
    });
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => pick(index)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
  const key = { 'x-functions-key': 'the last' };
  const refused: readonly (readonly [string, string, unknown?])[] = [
    ['GET', `instances/${contosoInstanceId}/segments`],
    ['GET', `instances/${contosoInstanceId}/entities`],
    ['GET', `instances/${contosoInstanceId}/entities/Customer/items`],
    ['POST', 'triggers/segment-threshold-crossed/subscriptions', bodyOf('segment-threshold-crossed', 'flow')],
  ];
  for (const [method, path, body] of refused) {
    const call = (): Promise<Answered> => one.call(method, path, { headers: key, body });
    const { headers } = await expectProblem(call, 429, 'instance-calls-exhausted');
    expect(Number(headers['retry-after'])).toBeGreaterThan(3_000);
  }
  expect((await one.call('GET', 'instances', { headers: key })).status).toBe(200);
  expect((await one.call('GET', `instances/${contosoSandboxInstanceId}/segments`, { headers: key })).status).toBe(200);
});
