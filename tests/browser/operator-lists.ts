import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { OperatorVisit } from './operator-visit.ts';
import { OPERATOR_KEY, READER_KEY } from './stage.ts';

/** Saves what is listed, and resolves with the lines of the file. */
async function savedCsv(page: Page): Promise<string[]> {
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const text = await readFile(await (await saving).path(), 'utf8');
  return text.replace('\ufeff', '').trimEnd().split('\r\n');
}

const rowNames = (page: Page): Promise<string[]> => page.getByRole('table').locator('tbody th a').allTextContents();

const focused = (page: Page): Promise<string> => page.evaluate<string>('document.activeElement.textContent');

/** Sorting, time ranges, CSV files and keys of the lists. */
export function testLists(visiting: () => OperatorVisit): void {
  describe('a list', () => {
    test('of subscriptions is sorted by a column, and the other way round, as the address says', async () => {
      const page = await visiting().open('#/subscriptions');
      await page.getByRole('button', { name: 'Subscription' }).click();
      await page.waitForURL(/sort=label/);
      const ascending = ['Alert the data team', 'Broken flow', 'Churn alarm', 'Refusing flow', 'Sleeping flow'];
      await page.locator('th[aria-sort=ascending]').waitFor();
      expect(await rowNames(page)).toEqual(ascending);
      await page.getByRole('button', { name: 'Subscription' }).click();
      await page.waitForURL(/sort=-label/);
      await page.getByRole('row').nth(1).filter({ hasText: 'Sleeping flow' }).waitFor();
      expect(await rowNames(page)).toEqual(ascending.toReversed());
      await visiting().open('#/subscriptions?sort=threshold');
      expect((await rowNames(page)).at(-1)).toBe('Alert the data team');
    });

    test('of subscriptions is sorted on a phone too, where the heads of columns are not shown', async () => {
      const { browser } = visiting();
      await browser.show({ width: 390, height: 800 });
      const page = await visiting().open('#/subscriptions');
      const choice = page.getByLabel('Sort by');
      const box = await choice.boundingBox();
      expect(box?.x).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? Infinity)).toBeLessThanOrEqual(390);
      await choice.selectOption('Subscription, descending');
      await page.waitForURL(/sort=-label/);
      await page.getByRole('table').locator('tbody tr').first().filter({ hasText: 'Sleeping flow' }).waitFor();
      // Nothing that cannot be seen takes the focus.
      expect(await page.locator('thead button').first().isVisible()).toBe(false);
      expect(await browser.violations()).toEqual([]);
      await choice.selectOption('Instance and trigger');
      await page.waitForURL(/#\/subscriptions$/);
      await browser.show({});
      await choice.waitFor({ state: 'hidden' });
    });

    test('of deliveries is that of any time range, which the address has', async () => {
      const page = await visiting().open('#/deliveries?status=any');
      await page.getByText('All 5 shown.').waitFor();
      await page.locator('select[name=days]').selectOption('From … until …');
      await page.waitForURL(/since=/);
      await page.getByText('All 5 shown.').waitFor();
      await page.getByLabel(/^Until, or now/).fill('2020-01-02 03:04');
      await page.getByLabel(/^Since/).fill('2020-01-01 03:04');
      await page.keyboard.press('Enter');
      await page.waitForURL(/until=2020-01-02T02%3A04%3A00.000Z/);
      await page.getByText('No delivery in this range.').waitFor();
      await page.locator('select[name=days]').selectOption('24 hours');
      await page.getByText('All 5 shown.').waitFor();
      expect(page.url()).not.toContain('since=');
    });

    test('that could not be sorted as a whole says so', async () => {
      const { page } = visiting().browser;
      await page.route('**/manage/subscriptions?*', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...((await response.json()) as object), more: true } });
      });
      await visiting().open('#/subscriptions?sort=label');
      await page.getByText('Only 10,000 subscriptions could be sorted.').waitFor();
      await page.unroute('**/manage/subscriptions?*');
    });

    test('that covers a part of the instances says so', async () => {
      const { page } = visiting().browser;
      const others = { more: true, nextLink: 'https://triggers.example/api/manage/instances?top=100&next=x' };
      const pattern = /manage\/(deliveries|activity|instances)\?(?!.*next=)/;
      await page.route(pattern, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...((await response.json()) as object), ...others } });
      });
      await visiting().open('#/deliveries?status=any');
      await page.getByText('only the first 100 by id are covered here').waitFor();
      await visiting().open('#/');
      const panel = (name: string | RegExp): ReturnType<Page['getByRole']> => page.getByRole('region', { name });
      await panel(/^Deliveries/)
        .getByText('only the first 100 by id are covered here')
        .waitFor();
      await panel('Instances').getByRole('button', { name: 'Show more' }).waitFor();
      await page.unroute(pattern);
    });

    test('is saved as CSV, with no formula in it', async () => {
      const page = await visiting().open('#/subscriptions?sort=label');
      const [head, ...lines] = await savedCsv(page);
      expect(head).toMatch(/^id,label,trigger,waitsFor,threshold,/);
      expect(lines.map((line) => line.split(',')[1])).toEqual(await rowNames(page));
      await page.route('**/manage/deliveries?*', async (route) => {
        const response = await route.fetch();
        const body = (await response.json()) as { value: { about: string }[] };
        await route.fulfill({
          json: { value: body.value.map((one) => ({ ...one, about: '=HYPERLINK("http://x")' })) },
        });
      });
      await visiting().open('#/deliveries?status=any');
      const deliveries = await savedCsv(page);
      await page.unroute('**/manage/deliveries?*');
      expect(deliveries).toHaveLength(6);
      expect(deliveries[1]).toContain(`"'=HYPERLINK(""http://x"")"`);
    });

    test('is gone through with the keys, opened with Enter and left with Escape or u', async () => {
      const page = await visiting().open('#/subscriptions?sort=label');
      await page.keyboard.press('j');
      expect(await focused(page)).toBe('Alert the data team');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('j');
      await page.keyboard.press('k');
      expect(await focused(page)).toBe('Broken flow');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Churn alarm' }).waitFor();
      await page.getByText('the flow accepted it').waitFor();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      const drawer = page.locator('dialog.drawer');
      await drawer.getByText('Body as sent').first().waitFor();
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'detached' });
      await page.keyboard.press('u');
      await page.waitForURL(/#\/subscriptions\?sort=label$/);
      await page.getByRole('row', { name: /Churn alarm/ }).waitFor();
      // Letters that are typed into a field are text.
      await page.keyboard.press('/');
      await page.keyboard.type('juk?');
      expect(await page.locator('#search').inputValue()).toBe('juk?');
      await visiting().open(`#/subscriptions/${visiting().story.fine}`);
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { level: 1, name: 'Subscriptions' }).waitFor();
    });

    test('has a help, which names the keys and says what each status means', async () => {
      const page = await visiting().open('#/deliveries');
      await page.keyboard.press('?');
      const help = page.getByRole('dialog', { name: 'Help' });
      await help.getByText('Next row of the list').waitFor();
      const states = ['Failing', 'Paused', 'Paused by operator', 'Disabled', 'Gone', 'Ended by operator', 'Superseded'];
      for (const status of [...states, 'Retrying', 'Parked', 'Dead', 'Ended']) {
        const badge = help.getByRole('term').getByText(status, { exact: true });
        // A badge is one line.
        expect((await badge.boundingBox())?.height).toBeLessThan(30);
      }
      expect(await visiting().browser.violations()).toEqual([]);
      await page.keyboard.press('Escape');
      await help.waitFor({ state: 'detached' });
      expect(page.url()).toContain('#/deliveries');
    });
  });

  describe('an operator who may only read', () => {
    const use = (key: string): Promise<unknown> =>
      visiting().browser.page.evaluate(`sessionStorage.setItem('operator-key', '${key}')`);

    test('cannot press what would be refused, and reads why', async () => {
      const { story } = visiting();
      const page = await visiting().open('#/');
      await use(READER_KEY);
      try {
        for (const [hash, name] of [
          [`#/subscriptions/${story.fine}`, 'Pause…'],
          [`#/subscriptions/${story.fine}`, 'End…'],
          ['#/deliveries?status=dead', /^Redeliver /],
        ] as const) {
          await visiting().open(hash);
          const button = page.getByRole('button', { name }).first();
          expect(await button.isDisabled()).toBe(true);
          expect(await button.getAttribute('title')).toBe('Your operator key or role may only read.');
        }
        await page.getByText('Read only', { exact: true }).waitFor();
        await visiting().open('#/recover');
        await page.getByRole('button', { name: 'Count' }).click();
        expect(await page.getByRole('button', { name: 'Start' }).isDisabled()).toBe(true);
        await page.getByText('Your operator key or role may only read.').waitFor();
      } finally {
        await use(OPERATOR_KEY);
      }
    });

    test('leaves nothing behind for the next key', async () => {
      const page = await visiting().open(`#/subscriptions/${visiting().story.fine}`);
      expect(await page.getByRole('button', { name: 'Pause…' }).isDisabled()).toBe(false);
      expect(await page.getByText('Read only', { exact: true }).count()).toBe(0);
    });
  });
}
