import { describe, expect, test } from '@jest/globals';
import { open, type Visit } from './visit.ts';

/** Every view, as an address. */
function views({ story }: Visit): Record<string, string> {
  return {
    overview: '#/',
    subscriptions: '#/subscriptions?label=a',
    subscription: `#/subscriptions/${story.vip.id}`,
    'a paused subscription': `#/subscriptions/${story.bell.id}`,
    'a subscription without values': `#/subscriptions/${story.crm.id}?days=14`,
    'a hostile subscription': `#/subscriptions/${story.hostile.id}`,
    'dead deliveries': '#/deliveries?days=14',
    nothing: '#/nowhere/at/all',
  };
}

const names = [
  'overview',
  'subscriptions',
  'subscription',
  'a paused subscription',
  'a subscription without values',
  'a hostile subscription',
  'dead deliveries',
  'nothing',
];

/** The appearance of views: to axe, in both schemes, and on a phone. */
export function testAppearance(visiting: () => Visit): void {
  describe.each(['light', 'dark'] as const)('axe finds nothing wrong in the %s scheme', (scheme) => {
    test.each(names)('with %s', async (name) => {
      const { browser } = visiting();
      await browser.show({ scheme });
      await open(visiting(), views(visiting())[name] ?? '');
      expect(await browser.violations()).toEqual([]);
    });

    test('with the question for a key', async () => {
      const { browser, dashboard } = visiting();
      await browser.show({ scheme });
      await browser.page.goto(`${dashboard}#/`);
      await browser.page.evaluate('sessionStorage.clear()');
      await browser.page.reload();
      await browser.page.getByLabel('Key', { exact: true }).waitFor();
      expect(await browser.violations()).toEqual([]);
    });

    test('with a threshold that is tried', async () => {
      const { browser, story } = visiting();
      await browser.show({ scheme });
      const page = await open(visiting(), `#/subscriptions/${story.vip.id}`);
      await page.getByLabel('Try a threshold').fill('46');
      await page.getByRole('list', { name: 'When it would have fired with 46' }).waitFor();
      expect(await browser.violations()).toEqual([]);
    });

    test('with a question before an action', async () => {
      const { browser, story } = visiting();
      await browser.show({ scheme });
      const page = await open(visiting(), `#/subscriptions/${story.bell.id}`);
      await page.getByRole('button', { name: 'Recover…' }).click();
      await page.getByRole('dialog').waitFor();
      expect(await browser.violations()).toEqual([]);
    });
  });

  test.each(names)('on a phone nothing of %s has to be scrolled sideways', async (name) => {
    const { browser } = visiting();
    await browser.show({ width: 360, height: 740 });
    await open(visiting(), views(visiting())[name] ?? '');
    expect(await browser.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await browser.violations()).toEqual([]);
    await browser.show({});
  });

  test('what is kept up to date does not flicker: the same elements stay', async () => {
    const page = await open(visiting(), '#/');
    const row = page.getByRole('region', { name: 'Queues' }).getByRole('row').nth(1);
    const canvas = page.locator('canvas').first();
    await row.evaluate((element) => ((element as { kept?: boolean }).kept = true));
    await canvas.evaluate((element) => ((element as { kept?: boolean }).kept = true));
    await page.waitForResponse(/manage\/queues/);
    await page.waitForResponse(/manage\/queues/);
    expect(await row.evaluate((element) => (element as { kept?: boolean }).kept)).toBe(true);
    expect(await canvas.evaluate((element) => (element as { kept?: boolean }).kept)).toBe(true);
    expect(await page.locator('.waiting').count()).toBe(0);
  });
}
