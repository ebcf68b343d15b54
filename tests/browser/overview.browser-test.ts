import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { openBrowser, type TestBrowser } from './browser.ts';
import { OPERATOR_KEY, startStage, type Stage } from './stage.ts';
import { HOSTILE, STORY_MS, tellStory } from './story.ts';

let stage: Stage;
let browser: TestBrowser;
let dashboard: string;
beforeAll(async () => {
  stage = await startStage(STORY_MS);
  await tellStory(stage);
  await stage.queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
  dashboard = await stage.open();
  browser = await openBrowser();
}, 180_000);
afterAll(async () => {
  await browser.close();
  await stage.stop();
});

/** Opens a view as a link to it does, and signs in where that is asked for. */
async function open(hash: string): Promise<void> {
  const { page } = browser;
  await page.goto('about:blank');
  await page.goto(dashboard + hash);
  await page.locator('h1').first().waitFor();
  if (await page.getByLabel('Key', { exact: true }).isVisible()) await signIn(OPERATOR_KEY);
}

async function signIn(key: string): Promise<void> {
  const { page } = browser;
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.keyboard.press('Enter');
}

describe('who opens the dashboard', () => {
  test('is asked for an operator key, told when it is wrong, and not asked again in this tab', async () => {
    const { page } = browser;
    await page.goto(dashboard);
    await page.getByRole('heading', { name: 'Operator key' }).waitFor();
    expect(await browser.violations()).toEqual([]);
    await signIn('wrong');
    await page.getByText('The operator key is wrong.').waitFor();
    // The answer to the wrong key is on the console, as the browser's own line.
    (browser.complaints as string[]).length = 0;
    await signIn(OPERATOR_KEY);
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    expect(await page.evaluate('Object.keys(localStorage).length + document.cookie.length')).toBe(0);
  });
});

test('the overview shows what needs attention first, deliveries by the hour, instances and queues', async () => {
  const { page } = browser;
  await open('#/');
  const concerns = page.getByRole('region', { name: 'Needs attention' });
  await concerns.getByText('Win-back mail is disabled').waitFor();
  expect(await concerns.getByRole('listitem').first().textContent()).toContain('1 poisoned message in polls');
  await page.getByRole('img', { name: /^Deliveries by hour over the last 24 hours: delivered [1-9]/ }).waitFor();
  const instance = page.getByRole('row', { name: /^Contoso/ });
  expect(await instance.textContent()).toMatch(/\d+ s ago.*all answer/);
  for (const queue of ['polls', 'deliveries', 'retries']) expect(await page.getByRole('row', { name: queue }).count()).toBe(1);
});

test('subscriptions are found by what they are filtered by, and the address keeps it', async () => {
  const { page } = browser;
  await open('#/subscriptions');
  await page.getByLabel('Label contains').fill('VIP');
  await page.waitForURL(/#\/subscriptions\?label=VIP$/);
  await page.getByRole('link', { name: 'VIP programme', exact: true }).waitFor();
  await page.getByRole('status').filter({ hasText: '1 shown, no more.' }).waitFor();
  await open('#/subscriptions?status=disabled');
  await page.getByRole('link', { name: 'Loyalty sync', exact: true }).waitFor();
  expect(await page.getByRole('row').count()).toBe(3);
  await open('#/subscriptions?label=nobody+has+this');
  await page.getByText('No subscription is like this.').waitFor();
});

test('a label that is markup is shown as the text that it is', async () => {
  const { page } = browser;
  await open('#/subscriptions?label=onerror');
  await page.getByRole('link', { name: HOSTILE, exact: true }).waitFor();
  expect(await page.locator('main img').count()).toBe(0);
  expect(await page.title()).toBe('Customer Insights triggers');
});

describe.each(['light', 'dark'] as const)('in the %s scheme', (scheme) => {
  test.each(['#/', '#/subscriptions?label=a', '#/nowhere'])('axe finds nothing wrong with %s', async (hash) => {
    await browser.show({ scheme });
    await open(hash);
    await browser.page.waitForLoadState('networkidle');
    expect(await browser.violations()).toEqual([]);
  });
});

test.each(['#/', '#/subscriptions'])('nothing of %s has to be scrolled sideways on a phone', async (hash) => {
  await browser.show({ width: 360, height: 740 });
  await open(hash);
  await browser.page.waitForLoadState('networkidle');
  expect(await browser.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});

test('no page breaks its policy, throws or complains', () => {
  expect(browser.complaints).toEqual([]);
});
