import { expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { MINUTE, vipWorld } from '../operations/vip-world.ts';

test('a list that Customer Insights asked to leave alone is not asked for before, and then again', async () => {
  const world = vipWorld();
  await world.flow('one');
  await world.poll();
  const asked = async (): Promise<number> => {
    const before = world.insights.calls.length;
    await world.poll();
    return world.insights.calls.length - before;
  };
  world.insights.beforeCall = failing('throttled', { retryAfterMs: 12 * MINUTE });
  expect(await asked()).toBe(1);
  world.insights.beforeCall = () => undefined;
  await world.clock.advance(11 * MINUTE);
  expect(await asked()).toBe(0);
  await world.clock.advance(MINUTE);
  expect(await asked()).toBe(1);
});
