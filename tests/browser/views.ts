import { expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { OPERATOR_KEY } from './stage.ts';
import { HOSTILE } from './story.ts';
import { open, signIn, type Visit } from './visit.ts';

/** What each view shows of the story. */
export function testViews(visiting: () => Visit): void {
  test('a key is asked for once, refused when it is wrong, and kept in the tab alone', async () => {
    const { browser, dashboard } = visiting();
    const { page } = browser;
    await page.goto(dashboard);
    await page.getByRole('heading', { name: 'Operator key' }).waitFor();
    await signIn(page, 'wrong');
    await page.getByText('The operator key is wrong').waitFor();
    await signIn(page, OPERATOR_KEY);
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    expect(await page.evaluate('localStorage.length + document.cookie.length')).toBe(0);
    expect(page.url()).not.toContain(OPERATOR_KEY);
  });

  test('the overview has what needs attention first, deliveries by the hour, instances and queues', async () => {
    const page = await open(visiting(), '#/');
    const concerns = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
    await concerns.filter({ hasText: 'Ring the sales bell is paused' }).waitFor();
    expect(
      (await concerns.allTextContents()).map((text) =>
        text.replace(/(queue|paused|disabled|failing|polls|hours).*/, '$1'),
      ),
    ).toEqual([
      '1 poisoned message in polls',
      expect.stringMatching(/ is disabled$/),
      expect.stringMatching(/ is disabled$/),
      expect.stringMatching(/dead deliver(y|ies) in the last 24 hours$/),
      'Churn alarm has been failing',
      'Ring the sales bell is paused',
    ]);
    await page.getByRole('img', { name: /^Deliveries by hour over the last 24 hours: delivered [1-9]/ }).waitFor();
    await page.getByRole('row', { name: /Contoso .* \d+ s ago .* all answer/ }).waitFor();
    for (const queue of ['polls', 'deliveries', 'retries'])
      await page.getByRole('rowheader', { name: queue }).waitFor();
  });

  test('the overview has for makers what they import, made for this address, and where a flow is made', async () => {
    const page = await open(visiting(), '#/');
    const makers = page.getByRole('region', { name: 'For makers of flows' });
    const create = makers.getByRole('link', { name: 'Create a flow' });
    expect(await create.getAttribute('href')).toBe('https://make.powerautomate.com/');
    for (const name of ['connector-solution.zip', 'flows-solution.zip', 'definition', 'properties', 'icon']) {
      const href = await makers.getByRole('link', { name }).getAttribute('href');
      const { status } = await fetch(new URL(href ?? '', visiting().dashboard));
      expect({ name, status }).toEqual({ name, status: 200 });
    }
  });

  test('subscriptions are filtered by all that the address says, and it by what is chosen', async () => {
    const { story } = visiting();
    const page = await open(visiting(), '#/subscriptions');
    await page.getByLabel('Label contains').fill('VIP');
    await page.waitForURL(/#\/subscriptions\?label=VIP$/);
    await page.getByText('Only this one.').waitFor();
    await page.getByLabel('Label contains').fill('');
    await page.locator('select[name=status]').selectOption('Disabled');
    await page.waitForURL(/#\/subscriptions\?status=disabled$/);
    await page.getByText('All 2 shown.').waitFor();
    const cases: [string, string][] = [
      [`workflowId=${story.bell.workflowId}`, 'Ring the sales bell'],
      ['trigger=data-source-refresh-failed&instanceId=0f1e2d3c-4b5a-4968-8776-655443322110', 'Alert the data team'],
      ['status=paused', 'Ring the sales bell'],
    ];
    for (const [query, name] of cases) {
      await open(visiting(), `#/subscriptions?${query}`);
      await page.getByText('Only this one.').waitFor();
      const row = page.getByRole('row', { name });
      expect(await row.getByRole('link', { name: 'Open flow' }).getAttribute('href')).toMatch(
        /^https:\/\/make\.powerautomate\.com\/environments\/Default-.*\/flows\/7c1f0b2e-.*\/details$/,
      );
    }
    await open(visiting(), '#/subscriptions?label=nobody+has+this');
    await page.getByText('No subscription matches these filters.').waitFor();
  });

  test('more subscriptions than a page come when they are asked for', async () => {
    const page = await open(visiting(), '#/subscriptions?trigger=segment-threshold-crossed');
    const shown = page.getByText(/^\d+ shown\.$/);
    const before = await shown.textContent();
    await page.getByRole('button', { name: 'Show more' }).click();
    await shown.filter({ hasNotText: before ?? '' }).waitFor();
    expect(Number.parseInt((await shown.textContent()) ?? '', 10)).toBeGreaterThan(
      Number.parseInt(before ?? '', 10) + 40,
    );
  });

  test('a subscription has its values with the threshold, and why each of them fired or not', async () => {
    const page = await open(visiting(), `#/subscriptions/${visiting().story.vip.id}`);
    await page.getByRole('heading', { name: 'VIP programme' }).waitFor();
    await page
      .getByRole('img', { name: /^\d+ values of the last 7 days against the threshold 50, 3 crossings/ })
      .waitFor();
    expect(await page.locator('.chart canvas').count()).toBe(1);
    const sentences = await page.getByRole('region', { name: 'What happened' }).locator('.sentence').allTextContents();
    for (const pattern of [
      /^4\d → 5\d: crossed 50$/,
      /^5\d → \d\d: fell, re-armed$/,
      /^5\d → 5\d: stayed above 50$/,
      /^\d\d → 4\d: rose, not above 50$/,
      /^evaluation failed, kept \d\d \(The source table was locked\.\)$/,
    ]) {
      expect(sentences).toContainEqual(expect.stringMatching(pattern));
    }
    const crossing = page.getByRole('listitem').filter({ hasText: 'crossed 50' }).first();
    expect(await crossing.textContent()).toMatch(/Delivered.*the flow accepted it.*HTTP 202/);
  });

  test('another threshold is tried on the chart: it shows when the flow would have been called, as a preview does', async () => {
    const { story, dashboard } = visiting();
    const page = await open(visiting(), `#/subscriptions/${story.vip.id}`);
    const manageCalls: string[] = [];
    page.on('request', (request) => manageCalls.push(request.url()));
    await page.getByLabel('Try a threshold').fill('46');
    const list = page.getByRole('list', { name: 'When it would have fired with 46' });
    await list.waitFor();
    // Nothing was asked for it.
    expect(manageCalls.filter((url) => url.includes('/observations'))).toEqual([]);
    const response = await page.request.post(new URL('triggers/segment-threshold-crossed/preview', dashboard).href, {
      data: { instanceId: contosoInstanceId, segmentName: 'HighValueCustomers', threshold: 46, days: 7 },
    });
    const { value } = (await response.json()) as {
      value: { evaluatedAt: string; previousValue: number; value: number }[];
    };
    expect(value.length).toBeGreaterThan(0);
    const times = ['never', 'once', 'twice'][value.length] ?? `${value.length} times`;
    await page.getByText(`With 46 it would have fired ${times} in the last 7 days.`).waitFor();
    await page.getByRole('img', { name: new RegExp(`against the threshold 46, ${value.length} crossings`) }).waitFor();
    const [latest] = value;
    expect(await list.getByRole('listitem').first().locator('time').getAttribute('datetime')).toBe(latest?.evaluatedAt);
    expect(await list.getByRole('listitem').first().textContent()).toContain(
      `${latest?.previousValue} → ${latest?.value}: crossed 46`,
    );
    await page.getByRole('button', { name: 'Back to 50' }).click();
    await list.waitFor({ state: 'detached' });
    await page.getByRole('img', { name: /against the threshold 50, 3 crossings/ }).waitFor();
  });

  test('a delivery has each of its attempts, and what is held says why', async () => {
    const { story } = visiting();
    const page = await open(visiting(), `#/subscriptions/${story.bell.id}`);
    await page.getByText('The flow is turned off. Its deliveries are parked').waitFor();
    await page.getByText('the flow is turned off', { exact: true }).waitFor();
    await open(visiting(), `#/subscriptions/${story.loyalty.id}?days=14`);
    const dead = page
      .getByRole('listitem')
      .filter({ hasText: /Dead\s*the flow answered 503/ })
      .first();
    expect(await dead.getByRole('list', { name: 'Attempts' }).getByRole('listitem').count()).toBe(6);
  });

  test('a trigger without values has its deliveries, and the refreshes that it does not wait for', async () => {
    const page = await open(visiting(), `#/subscriptions/${visiting().story.crm.id}?days=14`);
    const delivered = page.getByRole('listitem').filter({ hasText: 'the flow accepted it' }).first();
    await delivered.getByText('refresh of Contoso CRM failed: The password has expired.', { exact: true }).waitFor();
    await page.getByText('refresh of Contoso CRM succeeded: this flow waits for failed ones').first().waitFor();
    expect(await page.locator('canvas').count()).toBe(0);
  });

  test('dead deliveries have their reason and lead to the moment they are about', async () => {
    const page = await open(visiting(), '#/deliveries?days=14');
    const row = page.getByRole('row', { name: /^Win-back mail/ }).first();
    await row.getByText('the flow answered 400', { exact: true }).waitFor();
    await row.getByRole('link', { name: 'Win-back mail', exact: true }).click();
    await page.waitForURL(/at=/);
    await page.locator('[aria-current=true]').getByText('the flow answered 400', { exact: true }).waitFor();
  });

  test('the question why a flow did not fire at a certain time takes two clicks from the overview', async () => {
    const { story, dashboard } = visiting();
    const page = await open(visiting(), '#/');
    const url = new URL(`manage/subscriptions/${story.churn.id}/observations`, dashboard).href;
    const response = await page.request.get(url, { headers: { 'x-operator-key': OPERATOR_KEY } });
    const { value } = (await response.json()) as {
      value: { evaluatedAt: string; fires: boolean; sentence: string }[];
    };
    const asked = value.find(({ sentence }) => /(fell|rose), not above 130$/.test(sentence));
    expect(asked).toMatchObject({ fires: false });
    await page.getByRole('navigation').getByRole('link', { name: 'Subscriptions' }).click();
    await page.getByRole('link', { name: 'Churn alarm', exact: true }).click();
    const entry = page.getByRole('listitem').filter({ has: page.locator(`time[datetime="${asked?.evaluatedAt}"]`) });
    await entry.getByText(asked?.sentence ?? '', { exact: true }).waitFor();
  });

  test('a label and a segment that are markup are shown as the text that they are', async () => {
    const { story } = visiting();
    const page = await open(visiting(), '#/subscriptions?label=onerror');
    await page.getByRole('link', { name: HOSTILE, exact: true }).waitFor();
    await open(visiting(), `#/subscriptions/${story.hostile.id}`);
    await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
    await page.getByRole('heading', { level: 2, name: HOSTILE }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.title()).toBe(`${HOSTILE} · Customer Insights triggers`);
  });

  test.each([
    ['#/subscriptions/sub_1', 'There is no subscription with this id.'],
    ['#/deliveries?status=ended&days=1', 'No delivery in the last 24 hours has status Ended.'],
    ['#/no/such/view', 'This address leads to no view.'],
  ])('%s says that there is nothing', async (hash, text) => {
    const page = await open(visiting(), hash);
    await page.getByText(text).first().waitFor();
  });

  test('while the app gives no answer the last one stays, and it says so', async () => {
    const page = await open(visiting(), '#/');
    await page.route('**/manage/queues*', (route) => route.abort());
    const queues = page.getByRole('region', { name: 'Queues' });
    await queues.getByText('The app does not respond.').waitFor();
    expect(await queues.getByRole('row').count()).toBe(4);
    await page.unroute('**/manage/queues*');
    await queues.getByText('The app does not respond.').waitFor({ state: 'detached' });
  });
}
