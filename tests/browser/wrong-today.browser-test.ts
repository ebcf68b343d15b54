import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { openBrowser } from './browser.ts';
import { OPERATOR_KEY } from './stage.ts';
import { signIn } from './visit.ts';
import { startOperatorVisit, type OperatorVisit } from './operator-visit.ts';
import { ENVIRONMENT, FLOW_NAME } from './operator-story.ts';

const HOUR_MS = 3_600_000;

let visit: OperatorVisit;
const open = (hash: string): Promise<Page> => visit.open(hash);
beforeAll(async () => {
  visit = await startOperatorVisit();
});
afterAll(() => visit.stop());

test('the bar of the present hour is drawn, within its axis', async () => {
  const nowHourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const none = { delivered: 0, retrying: 0, parked: 0, dead: 0, ended: 0 };
  const value = Array.from({ length: 24 }, (_, index) => ({
    hour: new Date(nowHourMs - (23 - index) * HOUR_MS).toISOString(),
    ...none,
    delivered: index === 23 ? 40 : 0,
  }));
  const { page } = visit.browser;
  await page.route('**/manage/activity*', (route) => route.fulfill({ json: { value } }));
  await open('#/');
  await page.getByRole('img', { name: /delivered 40,/ }).waitFor();
  // The picture within the axes, and in it the last hour of twenty-four.
  const coloured = await page.evaluate<number>(`(() => {
    const canvas = document.querySelector('.chart canvas');
    const inner = document.querySelector('.chart .u-over').getBoundingClientRect();
    const outer = canvas.getBoundingClientRect();
    const ratio = canvas.width / outer.width;
    const width = inner.width / 24;
    const left = (inner.right - width - outer.left) * ratio;
    const pixels = canvas.getContext('2d').getImageData(left, (inner.top - outer.top) * ratio, width * ratio, inner.height * ratio);
    const wanted = getComputedStyle(document.querySelector('.chart')).getPropertyValue('--delivered').trim();
    const [r, g, b] = wanted.match(/[0-9a-f]{2}/gi).map((part) => parseInt(part, 16));
    let count = 0;
    for (let index = 0; index < pixels.data.length; index += 4)
      if (pixels.data[index] === r && pixels.data[index + 1] === g && pixels.data[index + 2] === b) count += 1;
    return count;
  })()`);
  expect(coloured).toBeGreaterThan(200);
  await page.unroute('**/manage/activity*');
});

test('a flow that fails now needs attention, and is not called active', async () => {
  const page = await open('#/');
  const concern = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
  await concern.filter({ hasText: /Broken flow has been failing for \d+ min/ }).waitFor();
  await open('#/subscriptions');
  const row = page.getByRole('row', { name: /Broken flow/ });
  await row.getByText('Failing', { exact: true }).waitFor();
  expect(await row.getByText('Active', { exact: true }).count()).toBe(0);
  await page.locator('select[name=status]').selectOption('Failing now');
  // Of one that was refused for good the last call failed too.
  await page.getByText('All 2 shown.').waitFor();
  await page.getByRole('link', { name: 'Broken flow', exact: true }).click();
  await page.locator('.under').getByText('Failing', { exact: true }).waitFor();
});

test('a flow is opened by its name, which its address has', async () => {
  const page = await open('#/subscriptions?label=Churn');
  const link = page.getByRole('row', { name: /Churn alarm/ }).getByRole('link', { name: /Open flow/ });
  expect(await link.getAttribute('href')).toBe(
    `https://make.powerautomate.com/environments/${ENVIRONMENT}/flows/${FLOW_NAME}/details`,
  );
});

test('while Customer Insights is away the page claims nothing of what it cannot read', async () => {
  visit.stage.sandbox.control.addFault({ fault: { kind: 'status', status: 503 }, times: 1_000 });
  const page = await open(`#/subscriptions/${visit.story.fine}`);
  await page.getByText('what happened before it is not known').waitFor();
  await page.getByText('the last known value').waitFor();
  expect(await page.getByText(/was crossed (never|once|twice|\d+ times)/).count()).toBe(0);
  expect(await page.getByText(/the first value/).count()).toBe(0);
  expect(await page.getByText('the flow accepted it').count()).toBe(1);
  visit.stage.sandbox.control.clearFaults();
});

test('a refresh says which data source, how it ended and why', async () => {
  const page = await open(`#/subscriptions/${visit.story.crm}`);
  await page.getByText('refresh of Contoso CRM failed: The password expired.').waitFor();
});

test('numbers and the words after them agree', async () => {
  await visit.stage.queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
  const page = await open('#/');
  await page.getByRole('button', { name: 'Redrive polls' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 message that failed five times is put back').waitFor();
  await page.keyboard.press('Escape');
});

test('times name their zone, are in UTC at a click, and have 24 hours in a dialog too', async () => {
  const page = await open(`#/subscriptions/${visit.story.refused}`);
  await page.getByRole('button', { name: 'Times in Europe/Berlin' }).waitFor();
  const shown = page.locator('.timeline time').first();
  const at = new Date((await shown.getAttribute('datetime')) ?? '');
  const inZone = (timeZone: string): string =>
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  expect(await shown.textContent()).toBe(inZone('Europe/Berlin'));
  await page.getByRole('button', { name: 'Times in Europe/Berlin' }).click();
  await page.getByRole('button', { name: 'Times in UTC' }).waitFor();
  expect(await page.locator('.timeline time').first().textContent()).toBe(inZone('UTC'));
  await page.getByRole('button', { name: 'Recover…' }).click();
  const since = page.getByLabel('Since (UTC)');
  expect(await since.inputValue()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
  const bodies: unknown[] = [];
  await page.route('**/recover', (route) => {
    bodies.push(route.request().postDataJSON());
    return route.fulfill({ status: 202, json: { recovered: 1, more: false } });
  });
  await since.fill('2026-11-30 22:05');
  await page.getByRole('dialog').getByRole('button', { name: 'Recover', exact: true }).click();
  await page.getByText('1 delivery is on the way again.').waitFor();
  expect(bodies).toEqual([{ since: '2026-11-30T22:05:00.000Z' }]);
  await page.unroute('**/recover');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Times in UTC' }).click();
});

test('both fields of a dialog lie within it, whatever the browser makes of dates', async () => {
  const american = await openBrowser('en-US');
  const { page } = american;
  await page.goto(`${visit.dashboard}#/subscriptions/${visit.story.refused}`);
  await signIn(page, OPERATOR_KEY);
  for (const width of [1440, 480, 390]) {
    await american.show({ width });
    await page.getByRole('button', { name: 'Recover…' }).click();
    const dialog = await page.getByRole('dialog').boundingBox();
    for (const label of [/^Since/, /^Until/]) {
      const field = await page.getByLabel(label).boundingBox();
      expect((field?.x ?? 0) + (field?.width ?? 0)).toBeLessThanOrEqual((dialog?.x ?? 0) + (dialog?.width ?? 0) - 16);
    }
    await page.keyboard.press('Escape');
  }
  await american.close();
});

test.each([
  ['#/', 'Overview'],
  ['#/subscriptions', 'Subscriptions'],
  ['#/deliveries', 'Dead deliveries'],
  ['#/nowhere/at/all', 'Nothing here'],
])('the tab of %s is called "%s"', async (hash, title) => {
  const page = await open(hash);
  expect(await page.title()).toBe(`${title} · Customer Insights triggers`);
});

test('the tab of a subscription has its name', async () => {
  const page = await open(`#/subscriptions/${visit.story.fine}`);
  expect(await page.title()).toBe('Churn alarm · Customer Insights triggers');
});

test('no page breaks its policy, throws or complains', () => {
  expect(visit.browser.complaints).toEqual([]);
});
