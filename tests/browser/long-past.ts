import type { Page, Request } from 'playwright-core';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { answered } from '../helpers/memory-backend.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { openBrowser, type TestBrowser } from './browser.ts';
import { ENCRYPTION_KEY, OPERATOR_KEY, startStage } from './stage.ts';
import { signIn } from './visit.ts';

const MINUTE = 60_000;
/** Every so many deliveries one is refused for good. */
const DEAD_EVERY = 50;

/** A view of the dashboard. */
export interface View {
  readonly name: string;
  readonly hash: string;
  /** What is there when it can be used. */
  readonly usable: string;
  /** What of the API it is made of. */
  readonly data: RegExp;
}

/** The dashboard of an app that has made many deliveries, in a browser. */
export interface LongPast {
  readonly browser: TestBrowser;
  /** Without a slash and a hash. */
  readonly dashboard: string;
  readonly views: readonly View[];
  /**
   * Opens a view anew; from the end of the last answer that it is made of to the frame in which it
   * can be used, in ms.
   */
  renderTimeMs(view: View): Promise<number>;
  stop(): Promise<void>;
}

/** So many deliveries of one event ten minutes ago; each fiftieth was refused. */
export async function openLongPast(deliveries: number): Promise<LongPast> {
  const stage = await startStage(10 * MINUTE);
  const { past, sandbox, flows } = stage;
  const segment = { instanceId: contosoInstanceId, segmentName: 'NewsletterReaders' };
  const own = { ...segment, threshold: 180, callbackUrl: flows.urlOf('own'), label: 'One of many' };
  const { id } = await past.subscribe('segment-threshold-crossed', own);
  await insertSubscriptions(stage.tables, {
    instanceId: contosoInstanceId,
    trigger: 'segment-threshold-crossed',
    name: segment.segmentName,
    thresholds: Array.from({ length: deliveries - 1 }, (_, index) => 180 + index / deliveries),
    callbackUrl: (index) => flows.urlOf(`flow-${index}`),
    encryptionKey: ENCRYPTION_KEY,
  });
  for (let index = 0; index < deliveries; index += DEAD_EVERY)
    past.answers.set(flows.urlOf(`flow-${index}`), () => answered(400));
  await past.pass(MINUTE);
  sandbox.control.setMemberCount({ ...segment, memberCount: 200 });
  await past.backend.pollInstance({ v: 1, instanceId: contosoInstanceId });
  await past.drain();
  const dashboard = await stage.open();
  const browser = await openBrowser();
  await browser.page.goto(dashboard);
  await signIn(browser.page, OPERATOR_KEY);
  await browser.page.getByRole('heading', { name: 'Needs attention' }).waitFor();
  return {
    browser,
    dashboard,
    views: viewsOf(id),
    renderTimeMs: ({ hash, ...view }) => renderTimeMs(browser.page, { url: dashboard + hash, ...view }),
    async stop() {
      await browser.close();
      await stage.stop();
    },
  };
}

function viewsOf(subscriptionId: string): View[] {
  return [
    {
      name: 'overview',
      hash: '#/',
      usable: '.concerns a, .chart canvas',
      data: /manage\/(activity|instances|queues)/,
    },
    {
      name: 'subscriptions',
      hash: '#/subscriptions',
      usable: 'table.subscriptions tbody tr',
      data: /manage\/subscriptions\?/,
    },
    {
      name: 'subscription',
      hash: `#/subscriptions/${subscriptionId}`,
      usable: '.timeline .delivery-entry .attempts',
      data: /manage\/(subscriptions\/|deliveries)/,
    },
    { name: 'dead deliveries', hash: '#/deliveries', usable: 'table.deliveries tbody tr', data: /manage\/deliveries/ },
  ];
}

async function renderTimeMs(
  page: Page,
  { url, usable, data }: { url: string } & Pick<View, 'usable' | 'data'>,
): Promise<number> {
  await page.goto('about:blank');
  const ends: number[] = [];
  const finished = (request: Request): void => {
    if (!data.test(request.url())) return;
    const { startTime, responseEnd } = request.timing();
    ends.push(startTime + responseEnd);
  };
  page.on('requestfinished', finished);
  await page.goto(url, { waitUntil: 'commit' });
  // Asked through the debugger: the policy of the page evaluates no text.
  const shownAtMs = await page.evaluate<number>(`new Promise((resolve) => {
    const resolveWhenUsable = () => document.querySelector(${JSON.stringify(usable)})
      ? resolve(performance.timeOrigin + performance.now())
      : requestAnimationFrame(resolveWhenUsable);
    resolveWhenUsable();
  })`);
  // A busy browser reports a request after the page has drawn its response.
  while (ends.length === 0) await page.waitForTimeout(20);
  page.off('requestfinished', finished);
  const before = ends.filter((endMs) => endMs <= shownAtMs);
  return Math.max(0, shownAtMs - Math.max(...(before.length > 0 ? before : ends)));
}
