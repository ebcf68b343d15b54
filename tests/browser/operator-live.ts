import { describe, expect, test } from '@jest/globals';
import type { Page, Request } from 'playwright-core';
import { openBrowser, type TestBrowser } from './browser.ts';
import type { OperatorVisit } from './operator-visit.ts';
import { OPERATOR_KEY } from './stage.ts';
import { signIn } from './visit.ts';

/** A page whose time moves only when the test moves it. */
interface StoppedPage {
  readonly page: Page;
  /** Moves the time of the page. Resolves with what was asked of the operator API meanwhile, in the order of the alphabet. */
  pass(ms: number): Promise<string[]>;
  close(): Promise<void>;
}

async function openStopped({ dashboard }: OperatorVisit, hash: string): Promise<StoppedPage> {
  const browser: TestBrowser = await openBrowser();
  const { page } = browser;
  let asked: string[] = [];
  page.on('request', (request: Request) => {
    const [, route] = /\/manage\/([a-z-]+)/.exec(request.url()) ?? [];
    if (route !== undefined) asked.push(route);
  });
  await page.goto(dashboard);
  await signIn(page, OPERATOR_KEY);
  await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
  await page.clock.install();
  await page.goto('about:blank');
  await page.goto(dashboard + hash);
  await page.waitForLoadState('networkidle');
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
  await page.clock.pauseAt(Date.now() + 1_000);
  await page.waitForLoadState('networkidle');
  return {
    page,
    async pass(ms) {
      asked = [];
      await page.clock.runFor(ms);
      await page.evaluate('new Promise((resolve) => resolve())');
      await page.waitForLoadState('networkidle');
      return asked.sort();
    },
    close: () => browser.close(),
  };
}

/** What the page asks for while nobody touches it. */
export function testLive(visiting: () => OperatorVisit): void {
  describe('while nothing happens', () => {
    test.each([
      ['the overview', () => '#/', ['changes', 'queues']],
      ['the list of subscriptions', () => '#/subscriptions', ['changes', 'subscriptions']],
      ['a subscription', () => `#/subscriptions/${visiting().told.fine}`, ['changes']],
      ['the list of deliveries', () => '#/deliveries', ['changes']],
    ])('%s makes these calls in five seconds, each at most once', async (_, hash, calls) => {
      const stopped = await openStopped(visiting(), hash());
      expect(await stopped.pass(5_000)).toEqual(calls);
      await stopped.close();
    });
  });

  test('what happened is shown five seconds later, and nothing is asked while the page is hidden', async () => {
    const { told, dashboard } = visiting();
    const stopped = await openStopped(visiting(), '#/deliveries?status=any');
    const { page } = stopped;
    const headers = { 'x-operator-key': OPERATOR_KEY, 'content-type': 'application/json' };
    const api = (path: string): string => new URL(`manage/${path}`, dashboard).href;
    const sent = await fetch(api(`subscriptions/${told.fine}/test`), { method: 'POST', headers, body: '{}' });
    const { deliveryId } = (await sent.json()) as { deliveryId: string };
    for (let status = ''; status !== 'delivered';) {
      const response = await fetch(api(`deliveries/${deliveryId}`), { headers });
      ({ status = '' } = (await response.json()) as { status?: string });
    }
    expect(await page.getByText('(test)').count()).toBe(0);
    const [changes, deliveries] = ['changes', 'deliveries'].map((name) =>
      page.waitForResponse((response) => response.url().includes(`/manage/${name}`)),
    );
    await page.clock.runFor(4_000);
    await changes;
    await page.clock.runFor(500);
    await deliveries;
    await page.clock.runFor(500);
    await page.getByText('(test)').waitFor();

    const see = (state: string): Promise<unknown> =>
      page.evaluate(`Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
    await see('hidden');
    await stopped.pass(5_000);
    expect(await stopped.pass(120_000)).toEqual([]);
    const seenAgain = page.waitForRequest(/manage\/changes/);
    await see('visible');
    await seenAgain;
    await stopped.close();
  });
}
