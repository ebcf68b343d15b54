import { expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { callbackUrl, memoryBackend } from '../helpers/memory-backend.ts';
import { failure, open } from './open-adapter.ts';

const said = 'Out of call volume quota. Quota will be replenished in 00:12:32.';

test.each([
  ['with Retry-After', { headers: { 'retry-after': '752' }, body: { message: said } }, 752_000],
  ['with Retry-After alone', { headers: { 'retry-after': '752' } }, 752_000],
  ['with its sentence alone', { body: { statusCode: 403, message: said } }, 752_000],
  [
    'that lasts for days',
    { body: { message: 'Out of call volume quota. Quota will be replenished in 2.01:00:00.' } },
    176_400_000,
  ],
])('a 403 for a quota that is used up, %s, is throttled until then', async (_what, answer, retryAfterMs) => {
  const { insights } = await open([{ status: 403, ...answer }]);
  expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'throttled', status: 403, retryAfterMs });
});

test('any other 403 is about credentials', async () => {
  const { insights } = await open([{ status: 403, body: { message: 'Access denied due to missing role.' } }]);
  expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'unauthorized', retryAfterMs: undefined });
});

test('polls do not call again what asked to wait, and go on with all else', async () => {
  const world = memoryBackend();
  world.data.segments = [segment('vip', evaluated(90, 1))];
  const subscribe = world.subscribe('segment-threshold-crossed', {
    segmentName: 'vip',
    threshold: 100,
    callbackUrl: callbackUrl('one'),
  });
  await subscribe;
  await world.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('two') });
  await world.poll();
  world.insights.beforeCall = failing('throttled', { methods: ['segments'], retryAfterMs: 752_000 });
  await world.poll();
  world.insights.beforeCall = () => undefined;
  world.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
  world.insights.calls.length = 0;
  for (let minute = 0; minute < 12; minute++) {
    await world.clock.advance(60_000);
    await world.poll();
  }
  const methods = (): string[] => world.insights.calls.map(({ method }) => method);
  expect(methods()).not.toContain('segments');
  expect(methods().filter((method) => method === 'jobs')).toHaveLength(12);
  const [health] = await world.backend.operator.listInstances();
  expect(health?.failing.map(({ list }) => list)).toEqual(['segments']);
  await world.clock.advance(60_000);
  await world.poll();
  expect(methods()).toContain('segments');
  expect(world.calls).toHaveLength(1);
  expect((await world.backend.operator.listInstances())[0]?.failing).toEqual([]);
});

test('nobody waits for longer than twelve hours', async () => {
  const world = memoryBackend();
  world.data.segments = [segment('vip', evaluated(90, 1))];
  const input = { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl('one') };
  await world.subscribe('segment-threshold-crossed', input);
  world.insights.beforeCall = failing('throttled', { retryAfterMs: 10 * 24 * 3600_000 });
  await world.poll();
  world.insights.beforeCall = () => undefined;
  world.insights.calls.length = 0;
  await world.clock.advance(12 * 3600_000);
  await world.poll();
  expect(world.insights.calls).toHaveLength(1);
});
