import { expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { open, type Visit } from './visit.ts';

/** Presses what asks first, confirms, and resolves with what it says that happened. */
async function act(page: Page, button: Locator, confirm: string): Promise<string> {
  await button.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.getByRole('button', { name: 'Close' }).waitFor();
  const said = (await dialog.getByRole('status').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });
  return said;
}

/** Every action asks first, says what happened, and shows what came of it. */
export function testActions(visiting: () => Visit): void {
  test('nothing is done when the question is answered with no', async () => {
    const page = await open(visiting(), '#/deliveries?days=14');
    const calls: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') calls.push(request.url());
    });
    await page
      .getByRole('button', { name: /^Redeliver / })
      .first()
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(calls).toEqual([]);
  });

  test('a dead delivery is redelivered, and is dead no longer', async () => {
    const page = await open(visiting(), '#/deliveries?days=14');
    const rows = page.getByRole('row', { name: /^Win-back mail/ });
    await rows.nth(1).waitFor();
    const before = await rows.count();
    expect(before).toBeGreaterThan(1);
    const said = await act(page, rows.first().getByRole('button', { name: /^Redeliver / }), 'Redeliver');
    expect(said).toContain('the next attempt is made in a few seconds');
    await rows.nth(before - 1).waitFor({ state: 'detached' });
    expect(await rows.count()).toBe(before - 1);
  });

  test('a range is recovered', async () => {
    const { story } = visiting();
    const page = await open(visiting(), `#/subscriptions/${story.winback.id}?days=14`);
    await page.getByRole('button', { name: 'Recover…' }).click();
    const since = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 16);
    await page.getByLabel('Since').fill(since);
    await page.getByRole('dialog').getByRole('button', { name: 'Recover', exact: true }).click();
    await page
      .getByRole('status')
      .getByText(/^\d+ deliver(y is|ies are) on the way again\.$/)
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByText('the flow answered 400', { exact: true }).first().waitFor({ state: 'detached' });
  });

  test('a paused subscription is resumed, and what it held goes out', async () => {
    const { story } = visiting();
    const page = await open(visiting(), `#/subscriptions/${story.bell.id}`);
    const said = await act(page, page.getByRole('button', { name: 'Resume…' }), 'Resume');
    expect(said).toContain('It is active. What waited goes out now.');
    await page.locator('.under').getByText('Active').waitFor();
    await page.getByText('the flow is turned off', { exact: true }).waitFor({ state: 'detached' });
  });

  test('a test event is sent, and is among what happened', async () => {
    const { story } = visiting();
    const page = await open(visiting(), `#/subscriptions/${story.bell.id}`);
    const said = await act(page, page.getByRole('button', { name: 'Send test event…' }), 'Send');
    expect(said).toContain('The test event is on its way.');
    await page
      .getByText(/\btest\b/i)
      .first()
      .waitFor({ timeout: 40_000 });
  });

  test('a poison queue is redriven', async () => {
    const page = await open(visiting(), '#/');
    const said = await act(page, page.getByRole('button', { name: 'Redrive polls' }), 'Redrive');
    expect(said).toContain('1 put back into polls.');
    await page.getByRole('button', { name: 'Redrive polls' }).waitFor({ state: 'detached' });
  });

  test('an action that is refused says why, and can be tried again', async () => {
    const { story } = visiting();
    const page = await open(visiting(), `#/subscriptions/${story.winback.id}?days=14`);
    await page.route('**/recover', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"detail":"Storage sleeps."}' }),
    );
    await page.getByRole('button', { name: 'Recover…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Recover', exact: true }).click();
    await page.getByRole('status').getByText('Storage sleeps.').waitFor();
    await page.unroute('**/recover');
    await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('status').getByText('There was nothing to recover in this range.').waitFor();
  });
}
