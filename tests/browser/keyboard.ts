import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { OPERATOR_KEY } from './stage.ts';
import { open, type Visit } from './visit.ts';

/** Goes on with Tab until what has the focus is called so. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let steps = 0; steps < 80; steps++) {
    await page.keyboard.press('Tab');
    const called = await page.evaluate<string>(
      `(({ ariaLabel, labels, textContent }) => ariaLabel ?? labels?.[0]?.textContent ?? textContent ?? '')(document.activeElement)`,
    );
    if (typeof name === 'string' ? called.trim() === name : name.test(called)) return;
  }
  throw new Error(`no way to ${String(name)} with the keyboard`);
}

/** Everything can be done with the keyboard alone, and one can see where one is. */
export function testKeyboard(visiting: () => Visit): void {
  test('leads from the question for a key to why a flow did not fire', async () => {
    const { browser, dashboard } = visiting();
    const { page } = browser;
    await open(visiting(), '#/');
    await page.evaluate('sessionStorage.clear()');
    await page.goto('about:blank');
    await page.goto(dashboard);
    await page.getByLabel('Key', { exact: true }).waitFor();
    // The field has the focus when it appears.
    await page.keyboard.type(OPERATOR_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
    await tabTo(page, 'Subscriptions');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Churn alarm', exact: true }).waitFor();
    await tabTo(page, 'Churn alarm');
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).not.toBe('none');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Churn alarm' }).waitFor();
    await page
      .getByText(/not above 130$/)
      .first()
      .waitFor();
    // The content of the new view comes next.
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  test('skips the head of the page', async () => {
    const page = await open(visiting(), '#/');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
  });

  test('answers the question before an action, and comes back to where it was', async () => {
    const page = await open(visiting(), `#/subscriptions/${visiting().story.bell.id}`);
    await tabTo(page, 'Resume…');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Resume Ring the sales bell?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Resume…');
  });

  test('tries another threshold, and goes back to its own', async () => {
    const page = await open(visiting(), `#/subscriptions/${visiting().story.vip.id}`);
    const values = page.getByRole('region').filter({ has: page.getByRole('slider') });
    await values.getByText(/^Its own threshold, 50, was crossed 3 times in the last 7 days\.$/).waitFor();
    await tabTo(page, 'Try a threshold');
    await page.keyboard.press('ArrowLeft');
    await values.getByText(/^With 49 it would have fired (never|once|twice|\d times) in the last 7 days\.$/).waitFor();
    // Above all that it ever was.
    await page.keyboard.press('End');
    await values.getByText(/^With \d\d it would have fired never in the last 7 days\.$/).waitFor();
    await tabTo(page, 'Back to 50');
    await page.keyboard.press('Enter');
    await values.getByText('Its own threshold, 50,').waitFor();
  });
}
