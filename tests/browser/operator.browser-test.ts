import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { testLists } from './operator-lists.ts';
import { testLive } from './operator-live.ts';
import { act, CELLS_WITHOUT_HEAD, HIDDEN_PART_OF_BODY, savePicture } from './operator-page.ts';
import { testQuestions, testRecovery } from './operator-questions.ts';
import { testStates, testWidths } from './operator-states.ts';
import { ENVIRONMENT, FLOW_NAME } from './operator-story.ts';
import { startOperatorVisit, type OperatorVisit } from './operator-visit.ts';

let visit: OperatorVisit;
const open = (hash: string): Promise<Page> => visit.open(hash);
beforeAll(async () => {
  visit = await startOperatorVisit();
  await visit.browser.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
});
afterAll(() => visit.stop());

describe('deliveries', () => {
  test.each([
    ['status=dead', 'Refusing flow'],
    ['status=any&deliveryCode=http-503', 'Broken flow'],
    ['status=any&httpStatus=202&trigger=segment-threshold-crossed', 'Churn alarm'],
    [`status=any&flow=${FLOW_NAME.replaceAll('-', '')}`, 'Churn alarm'],
    ['status=any&q=table+is+FULL', 'Refusing flow'],
    ['status=any&q=password+expired', 'Alert the data team'],
  ])('with %s are those of %s', async (query, name) => {
    const page = await open(`#/deliveries?${query}`);
    await page.getByText('Only this one.').waitFor();
    await page.getByRole('row', { name: new RegExp(`^${name}`) }).waitFor();
  });

  test('say their status once', async () => {
    const page = await open('#/deliveries?status=any');
    await page.getByText('All 5 shown.').waitFor();
    expect(await page.getByRole('table').textContent()).not.toMatch(/\b(dead|retrying|parked)\s*\1\b/i);
  });

  test('are narrowed by what is chosen and typed, all of it in the address', async () => {
    const page = await open('#/deliveries');
    await page.locator('select[name=status]').selectOption('Any');
    await page.getByText('All 5 shown.').waitFor();
    await page.locator('input[name=q]').fill('rose from 100 to 160');
    await page.getByText('All 4 shown.').waitFor();
    await page.waitForURL(/q=rose/);
    await page.locator('select[name=trigger]').selectOption('Full refresh completed');
    const none = 'No delivery in the last 7 days has text “rose from 100 to 160”, trigger Full refresh completed.';
    await page.getByText(none).waitFor();
    await page.getByRole('link', { name: 'Show all' }).click();
    await page.getByText('All 5 shown.').waitFor();
    await page.getByLabel('Last HTTP status').waitFor();
  });

  test('each has what was sent and what was answered, three clicks from the overview', async () => {
    const page = await open('#/');
    await page.getByRole('navigation').getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('link', { name: /^Details of Refusing flow/ }).click();
    const drawer = page.locator('dialog.drawer');
    const body = await drawer.getByRole('region', { name: 'Body as sent' }).last().textContent();
    const sent = JSON.parse(body ?? '') as Record<string, unknown>;
    // The box shows the whole body.
    expect(await page.evaluate(HIDDEN_PART_OF_BODY)).toBe(0);
    expect(sent).toMatchObject({ segmentName: 'ChurnRisk', threshold: 132, previousValue: 100, value: 160 });
    await drawer.getByText(`webhook-id: ${String(sent['deliveryId'])}`).waitFor();
    await drawer.getByText('The table is full.').waitFor();
    await drawer.getByText('HTTP 400').first().waitFor();
    expect(await page.content()).not.toContain('sig=secret');
    await drawer.getByRole('button', { name: 'Copy: Body as sent' }).click();
    await drawer.getByText('Copied').waitFor();
    expect(JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()'))).toEqual(sent);
    expect(page.url()).toMatch(/open=dlv_/);
    // The link shows a colleague the same.
    await open(new URL(page.url()).hash);
    await drawer.getByText('The table is full.').waitFor();
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('open=');
  });

  test('are opened from the timeline of their subscription', async () => {
    const page = await open(`#/subscriptions/${visit.story.fine}`);
    await page.getByRole('link', { name: /^Details of the delivery/ }).click();
    const drawer = page.locator('dialog.drawer');
    await drawer.getByRole('region', { name: 'Body as sent' }).first().waitFor();
    expect(await drawer.getByRole('link', { name: 'Open flow' }).getAttribute('href')).toContain(FLOW_NAME);
  });
});

describe('one search box', () => {
  test.each([
    ['churn AL', 'Churn alarm'],
    [FLOW_NAME.replaceAll('-', '').toUpperCase(), 'Churn alarm'],
    [`https://make.powerautomate.com/environments/${ENVIRONMENT}/flows/${FLOW_NAME}/runs/0858`, 'Churn alarm'],
    ['contoso crm', 'Alert the data team'],
  ])('leads from "%s" to %s with the keyboard alone, from any page', async (text, name) => {
    const page = await open('#/deliveries');
    await page.keyboard.press('/');
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    // A single result is opened at once, and "back" leads to the page before.
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Dead deliveries' }).waitFor();
  });

  test('lists several results', async () => {
    const page = await open('#/search?q=flow');
    await page.locator('.results').getByRole('link', { name: 'Broken flow', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Broken flow' }).waitFor();
  });

  test('opens a delivery by its id', async () => {
    const page = await open('#/deliveries?status=any');
    const href = await page.getByRole('link', { name: /^Details of Refusing flow/ }).getAttribute('href');
    const id = new URLSearchParams(href?.split('?')[1]).get('open') ?? '';
    await page.getByRole('searchbox', { name: 'Search', exact: true }).fill(`a log line with ${id} in it`);
    await page.keyboard.press('Enter');
    await page.locator('dialog.drawer').getByText('The table is full.').waitFor();
  });

  test('says when there is nothing', async () => {
    const page = await open('#/search?q=nobody+has+this');
    await page.getByText('Nothing is called so').waitFor();
  });
});

describe.each(['light', 'dark'] as const)('in the %s scheme', (scheme) => {
  test.each([1440, 390])(
    'axe finds nothing wrong on a page %i wide, and nothing is scrolled sideways',
    async (width) => {
      const { browser, story } = visit;
      await browser.show({ scheme, width });
      const views: Record<string, string> = {
        overview: '#/',
        deliveries: '#/deliveries?status=any',
        subscriptions: '#/subscriptions',
        subscription: `#/subscriptions/${story.crm}`,
        search: '#/search?q=flow',
        recover: '#/recover',
        audit: '#/audit',
      };
      for (const [name, hash] of Object.entries(views)) {
        const page = await open(hash);
        expect([name, await browser.violations()]).toEqual([name, []]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        expect(await page.evaluate(CELLS_WITHOUT_HEAD)).toEqual([]);
        await savePicture(page, `${name}-${scheme}-${width}`);
      }
      const page = await open('#/deliveries');
      await page.getByRole('link', { name: /^Details of Refusing flow/ }).click();
      await page.getByText('The table is full.').waitFor();
      expect(await browser.violations()).toEqual([]);
      await savePicture(page, `drawer-${scheme}-${width}`);
      await browser.show({ scheme: 'light' });
    },
  );
});

testLists(() => visit);

// Last: they change what there is to see.
testLive(() => visit);
testQuestions(() => visit);
describe('a subscription', () => {
  test('says whose it is, and in which environment', async () => {
    const page = await open(`#/subscriptions/${visit.story.fine}`);
    await page.getByText(ENVIRONMENT).waitFor();
    await page.getByText('key-Zk3vQ8mP1xT7').waitFor();
    await open(`#/subscriptions/${visit.story.crm}`);
    await page.getByRole('definition').filter({ hasText: 'Contoso CRM' }).first().waitFor();
  });

  test('has when it last fired and what arrived in the list', async () => {
    const page = await open('#/subscriptions');
    const row = page.getByRole('row', { name: /^Churn alarm/ });
    await row.getByText('1 of 1 arrived').waitFor();
    await page
      .getByRole('row', { name: /^Broken flow/ })
      .getByText('0 of 1 arrived')
      .waitFor();
  });

  test('is paused, resumed, tested and ended', async () => {
    const page = await open(`#/subscriptions/${visit.story.fine}`);
    expect(await act(page, 'Pause…', 'Pause')).toContain('The subscription is paused.');
    await page.locator('.under').getByText('Paused by operator').waitFor();
    await page.getByText('An operator paused it').waitFor();
    expect(await act(page, 'Resume…', 'Resume')).toContain('It is active.');
    await page.locator('.under').getByText('Active').waitFor();
    expect(await act(page, 'Send test event…', 'Send')).toContain('The test event is on its way');
    await page.getByText(/^Test event: /).waitFor();
    expect(await act(page, 'End…', 'End it')).toContain('It has ended.');
    await page.locator('.under').getByText('Ended by operator').waitFor();
    // Its history is still there.
    expect(await page.getByText('the flow accepted it').count()).toBeGreaterThan(0);
  });

  test('is recovered in the same words and for the same time as all', async () => {
    const asked = async (where: Locator): Promise<[text: string | null, sinceMs: number]> => {
      const since = await where.getByLabel(/^Since/).inputValue();
      return [await where.getByRole('paragraph').first().textContent(), Date.parse(since)];
    };
    const page = await open('#/recover');
    const ofAll = await asked(page.locator('form.recover'));
    await open(`#/subscriptions/${visit.story.refused}`);
    await page.getByRole('button', { name: 'Recover…' }).click();
    const ofOne = await asked(page.getByRole('dialog'));
    expect(ofOne[0]).toBe(ofAll[0]);
    expect(Math.abs(ofOne[1] - ofAll[1])).toBeLessThanOrEqual(60_000);
    await page.keyboard.press('Escape');
  });

  test('that was ended leaves no nameless rows whose actions fail', async () => {
    const page = await open(`#/subscriptions/${visit.story.off}`);
    await act(page, 'End…', 'End it');
    await open('#/deliveries?status=ended');
    const row = page.getByRole('row', { name: /^Sleeping flow/ });
    await row.getByText('an operator has ended the subscription').waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
  });
});

testStates(() => visit);
testRecovery(() => visit);
testWidths(() => visit);

test('no page breaks its policy, throws or complains', () => {
  expect(visit.browser.complaints).toEqual([]);
});
