import { expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import { MINUTE, segmentFixture } from '../operations/segment-fixture.ts';

test('a list that Customer Insights asked to leave alone is not asked for before, and then again', async () => {
  const fixture = segmentFixture();
  await fixture.flow('one');
  await fixture.poll();
  const asked = async (): Promise<number> => {
    const before = fixture.insights.calls.length;
    await fixture.poll();
    return fixture.insights.calls.length - before;
  };
  fixture.insights.beforeCall = failing('throttled', { retryAfterMs: 12 * MINUTE });
  expect(await asked()).toBe(1);
  fixture.insights.beforeCall = () => undefined;
  await fixture.clock.advance(11 * MINUTE);
  expect(await asked()).toBe(0);
  await fixture.clock.advance(MINUTE);
  expect(await asked()).toBe(1);
});
