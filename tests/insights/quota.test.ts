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
  const fixture = memoryBackend();
  fixture.data.segments = [segment('vip', evaluated(90, 1))];
  const subscribe = fixture.subscribe('segment-threshold-crossed', {
    segmentName: 'vip',
    threshold: 100,
    callbackUrl: callbackUrl('one'),
  });
  await subscribe;
  await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('two') });
  await fixture.poll();
  fixture.insights.beforeCall = failing('throttled', { methods: ['segments'], retryAfterMs: 752_000 });
  await fixture.poll();
  fixture.insights.beforeCall = () => undefined;
  fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
  fixture.insights.calls.length = 0;
  for (let minute = 0; minute < 12; minute++) {
    await fixture.clock.advance(60_000);
    await fixture.poll();
  }
  const methods = (): string[] => fixture.insights.calls.map(({ method }) => method);
  expect(methods()).not.toContain('segments');
  expect(methods().filter((method) => method === 'jobs')).toHaveLength(12);
  const {
    instances: [health],
  } = await fixture.backend.operator.listInstances({ limit: 1 });
  expect(health?.failing.map(({ list }) => list)).toEqual(['segments']);
  await fixture.clock.advance(60_000);
  await fixture.poll();
  expect(methods()).toContain('segments');
  expect(fixture.calls).toHaveLength(1);
  expect((await fixture.backend.operator.listInstances({ limit: 1 })).instances[0]?.failing).toEqual([]);
});

test('nobody waits for longer than twelve hours', async () => {
  const fixture = memoryBackend();
  fixture.data.segments = [segment('vip', evaluated(90, 1))];
  const input = { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl('one') };
  await fixture.subscribe('segment-threshold-crossed', input);
  fixture.insights.beforeCall = failing('throttled', { retryAfterMs: 10 * 24 * 3600_000 });
  await fixture.poll();
  fixture.insights.beforeCall = () => undefined;
  fixture.insights.calls.length = 0;
  await fixture.clock.advance(12 * 3600_000);
  await fixture.poll();
  expect(fixture.insights.calls).toHaveLength(1);
});
