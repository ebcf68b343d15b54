import { describe, expect, test } from '@jest/globals';
import type { Route } from 'playwright-core';
import { act, CELLS_WITHOUT_HEAD, savePicture } from './operator-page.ts';
import type { OperatorVisit } from './operator-visit.ts';

/** What an operator pauses or ends, by the words of its badge. */
export function testStates(visiting: () => OperatorVisit): void {
  test('a pause parks the retry too, and the filter finds the states as the badges name them', async () => {
    const { broken } = visiting().story;
    const page = await visiting().open(`#/subscriptions/${broken}`);
    const retry = page.getByRole('list', { name: 'Attempts' });
    await retry.getByText(/^next attempt in \d/).waitFor();
    await act(page, 'Pause…', 'Pause');
    const parked = /^parked instead of the attempt planned for \w{3},? \d+ \w+, \d\d:\d\d$/;
    await retry.getByText(parked).waitFor();
    await page.getByRole('link', { name: /^Details of the delivery/ }).click();
    await page.locator('dialog.drawer').getByText(parked).waitFor();
    await visiting().open('#/deliveries?status=retrying');
    await page
      .getByRole('row', { name: /^Broken flow/ })
      .getByText(parked)
      .waitFor();
    await visiting().open('#/subscriptions');
    const badges = page.getByRole('table').locator('.badge');
    for (const state of ['Paused by operator', 'Ended by operator']) {
      await page.locator('select[name=status]').selectOption(state);
      await page.waitForURL(new RegExp(`status=${state.toLowerCase().replaceAll(' ', '-')}$`));
      await page.getByText(/^(All \d shown|Only this one)\.$/).waitFor();
      expect(new Set(await badges.allTextContents())).toEqual(new Set([state]));
    }
    await page.locator('select[name=status]').selectOption('Disabled');
    await page.getByText('No subscription matches these filters.').waitFor();
  });
}

/**
 * Adds an entry to the audit whose ids have no place to break, as those of deliveries have none.
 */
async function withLongEntry(route: Route): Promise<void> {
  const response = await route.fetch();
  const { value } = (await response.json()) as { value: readonly object[] };
  const entry = { ...value[0], id: 'long', target: 'x'.repeat(120), body: `{"y":"${'z'.repeat(120)}"}` };
  await route.fulfill({ response, json: { value: [entry, ...value] } });
}

/** The views that have entries only after something was done. */
export function testWidths(visiting: () => OperatorVisit): void {
  describe.each([1440, 390])('on a page %i wide', (width) => {
    test.each(['audit', 'recover', 'progress'])('%s with entries is not scrolled sideways', async (view) => {
      const { browser } = visiting();
      await browser.show({ width });
      await browser.page.route('**/manage/audit?*', withLongEntry);
      const page = await visiting().open(view === 'audit' ? '#/audit' : '#/recover');
      if (view === 'progress') await page.getByRole('table').getByRole('link').first().click();
      else await page.getByRole('table').locator('tbody tr').first().waitFor();
      if (view === 'progress') await page.getByText('Finished.').waitFor();
      expect(await browser.violations()).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await page.evaluate(CELLS_WITHOUT_HEAD)).toEqual([]);
      await savePicture(page, `${view}-entries-${width}`);
      await page.unroute('**/manage/audit?*');
      await browser.show({});
    });
  });
}
