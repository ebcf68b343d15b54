import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page, Request } from 'playwright-core';
import { openBrowser } from './browser.ts';
import type { OperatorVisit } from './operator-visit.ts';
import { OPERATOR_KEY } from './stage.ts';
import { signIn } from './visit.ts';

/** A page whose time moves only when the test moves it. */
interface StoppedPage {
  readonly page: Page;
  /** Opens a view and stops its time. */
  show(hash: string): Promise<void>;
  /**
   * Moves the time of the page. Resolves with what was asked of the operator API meanwhile, in the
   * order of the alphabet.
   */
  pass(ms: number): Promise<string[]>;
  close(): Promise<void>;
}

async function openStopped({ dashboard }: OperatorVisit): Promise<StoppedPage> {
  const browser = await openBrowser();
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
  return {
    page,
    async show(hash) {
      await page.clock.resume();
      await page.goto('about:blank');
      await page.goto(dashboard + hash);
      await page.waitForLoadState('networkidle');
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
      await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 1_000);
      await page.waitForLoadState('networkidle');
    },
    async pass(ms) {
      asked = [];
      await page.clock.runFor(ms);
      await page.waitForLoadState('networkidle');
      return asked.sort();
    },
    close: () => browser.close(),
  };
}

/** What the page asks for while nobody touches it. */
export function testLive(visiting: () => OperatorVisit): void {
  describe('a page that nobody touches', () => {
    let stopped: StoppedPage;
    beforeAll(async () => {
      stopped = await openStopped(visiting());
    });
    afterAll(() => stopped.close());

    test.each([
      ['the overview', () => '#/', ['changes', 'queues']],
      ['the list of subscriptions', () => '#/subscriptions', ['changes', 'subscriptions']],
      ['a subscription', () => `#/subscriptions/${visiting().story.fine}`, ['changes']],
      ['the list of deliveries', () => '#/deliveries', ['changes']],
    ])('and on which nothing happens: %s makes these calls in five seconds, each once', async (_, hash, calls) => {
      await stopped.show(hash());
      expect(await stopped.pass(5_000)).toEqual(calls);
    });

    test('shows five seconds later what has happened, and asks for nothing while it is hidden', async () => {
      const { story, dashboard } = visiting();
      const { page } = stopped;
      await stopped.show('#/deliveries?status=any');
      const headers = { 'x-operator-key': OPERATOR_KEY, 'content-type': 'application/json' };
      const api = (path: string): string => new URL(`manage/${path}`, dashboard).href;
      const sent = await fetch(api(`subscriptions/${story.fine}/test`), { method: 'POST', headers, body: '{}' });
      const { deliveryId } = (await sent.json()) as { deliveryId: string };
      for (let status = ''; status !== 'delivered';) {
        const response = await fetch(api(`deliveries/${deliveryId}`), { headers });
        ({ status = '' } = (await response.json()) as { status?: string });
      }
      expect(await page.getByText('(test)').count()).toBe(0);
      const [changes, deliveries] = ['changes', 'deliveries'].map((name) =>
        page.waitForResponse((response) => response.url().includes(`/manage/${name}`)),
      );
      // Between the steps the responses arrive, which takes no time of the page.
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
    });
  });
}
