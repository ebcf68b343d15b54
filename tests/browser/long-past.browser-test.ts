import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openLongPast, type LongPast } from './long-past.ts';

/** How fast is measured by `npm run bench -- dashboard`. */
const DELIVERIES = 10_000;

let past: LongPast;
beforeAll(async () => {
  past = await openLongPast(DELIVERIES);
});
afterAll(() => past.stop());

describe(`with ${DELIVERIES.toLocaleString('en-US')} deliveries behind it`, () => {
  test.each(['overview', 'subscriptions', 'subscription', 'dead deliveries'])(
    'the view %s can be used once its data came',
    async (name) => {
      const view = past.views.find((each) => each.name === name);
      expect(view).toBeDefined();
      if (view !== undefined) expect(await past.renderTimeMs(view)).toBeGreaterThanOrEqual(0);
    },
  );

  test('the overview counts them all', async () => {
    const { page } = past.browser;
    await page.goto('about:blank');
    await page.goto(`${past.dashboard}#/`);
    await page.getByRole('img', { name: /delivered 9800, retrying 0, parked 0, dead 200/ }).waitFor();
  });
});
