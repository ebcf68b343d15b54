import { describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import type { OperatorVisit } from './operator-visit.ts';
import { ENVIRONMENT } from './operator-story.ts';
import { OPERATOR_KEY } from './stage.ts';

const MAX_CLICKS = 3;

type Click = (target: Locator) => Promise<void>;

/** From the overview, with typing and a counted number of clicks. */
async function answer(visit: OperatorVisit, find: (page: Page, click: Click) => Promise<void>): Promise<void> {
  const page = await visit.open('#/');
  let clicks = 0;
  await find(page, async (target) => {
    clicks += 1;
    await target.click();
  });
  expect(clicks).toBeLessThanOrEqual(MAX_CLICKS);
}

/** One click: the search of the overview opens its only result. */
async function openFlow(page: Page, click: Click, name: string): Promise<void> {
  await page.getByLabel('Find out why a flow fired or did not').fill(name);
  await click(page.getByRole('button', { name: 'Find it' }));
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

/** What an operator is asked, each answered with at most three clicks. */
export function testQuestions(visiting: () => OperatorVisit): void {
  describe('three clicks at most from the overview answer', () => {
    test('did this flow fire at that time, and why not', () =>
      answer(visiting(), async (page, click) => {
        const url = new URL(`manage/subscriptions/${visiting().story.fine}/observations`, visiting().dashboard).href;
        const response = await fetch(url, { headers: { 'x-operator-key': OPERATOR_KEY } });
        const { value } = (await response.json()) as {
          value: { evaluatedAt: string; sentence: string; fires: boolean }[];
        };
        const [fired, quiet] = [value.find(({ fires }) => fires), value.find(({ fires }) => !fires)];
        await openFlow(page, click, 'Churn alarm');
        for (const asked of [fired, quiet]) {
          const entry = page
            .getByRole('listitem')
            .filter({ has: page.locator(`time[datetime="${asked?.evaluatedAt}"]`) });
          await entry.getByText(asked?.sentence ?? '', { exact: true }).waitFor();
          expect(await entry.getByText('Delivered', { exact: true }).count()).toBe(asked === fired ? 1 : 0);
        }
      }));

    test('which flows fail now, and since when', () =>
      answer(visiting(), async (page, click) => {
        const concerns = page.getByRole('region', { name: 'Needs attention' });
        await concerns.getByText(/^Broken flow has been failing for \d+ min$/).waitFor();
        await click(concerns.getByRole('link', { name: /^Broken flow/ }));
        const since = page.getByRole('definition').filter({ has: page.locator('time') });
        await since
          .filter({ hasText: /^\w{3},? \d+ \w+, \d\d:\d\d/ })
          .first()
          .waitFor();
        await page.locator('.facts').getByText('Failing since').waitFor();
      }));

    test('what did we send to this flow, with the body', () =>
      answer(visiting(), async (page, click) => {
        await openFlow(page, click, 'Refusing flow');
        await click(page.getByRole('link', { name: /^Details of the delivery/ }).first());
        const body = page.locator('dialog.drawer').getByRole('region', { name: 'Body as sent' }).last();
        expect(JSON.parse((await body.textContent()) ?? '')).toMatchObject({ segmentName: 'ChurnRisk', value: 160 });
      }));

    test('whose flow is this, and in which environment', () =>
      answer(visiting(), async (page, click) => {
        await openFlow(page, click, 'Churn alarm');
        await page.getByText('key-Zk3vQ8mP1xT7').waitFor();
        await page.getByText(ENVIRONMENT).waitFor();
      }));

    test('how near are we to a limit', () =>
      answer(visiting(), async (page, click) => {
        const instances = page.getByRole('region', { name: 'Instances' });
        await instances
          .getByText(/^\d+ of 100$/)
          .first()
          .waitFor();
        await openFlow(page, click, 'Churn alarm');
        await page.getByText(/^\d+ of 100 calls by this connection to this service in the last 60 s$/).waitFor();
        await page.getByText('5 of 1,000 subscriptions of this connection').waitFor();
      }));

    test('stop this one', () =>
      answer(visiting(), async (page, click) => {
        await page.getByLabel('Find out why a flow fired or did not').fill('key-Zk3vQ8mP1xT7');
        await click(page.getByRole('button', { name: 'Find it' }));
        await click(page.getByRole('button', { name: 'Pause Alert the data team' }));
        await click(page.getByRole('dialog').getByRole('button', { name: 'Pause', exact: true }));
        await page.getByText('The subscription is paused.').waitFor();
        await page.locator('.results').getByText('Paused by operator').waitFor();
      }));
  });
}

/** The question whose answer sends deliveries, and the list of what was done. */
export function testRecovery(visiting: () => OperatorVisit): void {
  describe('three clicks at most from the overview', () => {
    test('send again for all what did not arrive last night, with a progress that outlives a reload', () =>
      answer(visiting(), async (page, click) => {
        await click(page.getByRole('navigation').getByRole('link', { name: 'Recover' }));
        await click(page.getByRole('button', { name: 'Count' }));
        await page.getByText(/^\d+ deliver(y|ies) of \d+ subscriptions?: \d+ dead, \d+ parked\.$/).waitFor();
        await page.getByText('Retrying ones are left out').waitFor();
        await click(page.getByRole('button', { name: 'Start' }));
        await page.waitForURL(/#\/recover\?id=rec_/);
        await page.getByRole('progressbar', { name: 'Deliveries sent again' }).waitFor();
        await page.reload();
        await page.getByText(/Finished\. Sent again: \d+ of \d+ deliver(y|ies) of /).waitFor();
        expect(await page.getByText(/It goes on|until now/).count()).toBe(0);
        await page.getByRole('link', { name: 'show the deliveries of this range' }).click();
        await page.waitForURL(/#\/deliveries\?status=any&since=.*&until=/);
        await page.getByText(/^All \d+ shown\.$/).waitFor();
      }));

    test('which recoveries there were, and who started one', () =>
      answer(visiting(), async (page, click) => {
        await click(page.getByRole('navigation').getByRole('link', { name: 'Recover' }));
        const row = page.getByRole('region', { name: 'Recoveries so far' }).getByRole('row').nth(1);
        await row.getByText('Finished', { exact: true }).waitFor();
        await row.getByText(/^\d+ of \d+$/).waitFor();
        await click(row.getByRole('link'));
        await page.waitForURL(/#\/recover\?id=rec_/);
        await click(page.getByRole('navigation').getByRole('link', { name: 'Audit' }));
        const entry = page.getByRole('row').filter({ hasText: 'Recovered over all subscriptions' }).first();
        await entry.getByRole('link', { name: 'its progress' }).waitFor();
        await entry.getByText(/^Events since \w{3},? \d+ \w+, \d\d:\d\d$/).waitFor();
      }));

    test('who did what, and with which result', () =>
      answer(visiting(), async (page, click) => {
        await click(page.getByRole('navigation').getByRole('link', { name: 'Audit' }));
        const row = page
          .getByRole('row')
          .filter({ hasText: /Paused a subscription\s*Churn alarm/ })
          .first();
        await row.getByText('browser', { exact: true }).waitFor();
        await row.getByText('Done', { exact: true }).waitFor();
        await click(row.getByRole('link'));
        await page.getByRole('heading', { level: 1, name: 'Churn alarm' }).waitFor();
      }));
  });
}
