import type { Page } from 'playwright-core';
import type { TestBrowser } from './browser.ts';
import { OPERATOR_KEY, type Stage } from './stage.ts';
import type { Names, StoryDelivery } from './story.ts';

/** A visit to the dashboard, after the story has been created. */
export interface Visit {
  readonly stage: Stage;
  readonly browser: TestBrowser;
  readonly story: Readonly<Record<Names, StoryDelivery>>;
  /** The address of the dashboard. */
  readonly dashboard: string;
}

/**
 * Opens a view as a link to it does, and signs in where that is asked for. Resolves when everything
 * it asks for is there.
 */
export async function open({ browser, dashboard }: Pick<Visit, 'browser' | 'dashboard'>, hash: string): Promise<Page> {
  const { page } = browser;
  await page.goto('about:blank');
  await page.goto(dashboard + hash);
  await page.locator('h1').first().waitFor();
  if (await page.getByLabel('Key', { exact: true }).isVisible()) await signIn(page, OPERATOR_KEY);
  await page.locator('h1:not(:has-text("Operator key"))').first().waitFor();
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
  await page.waitForLoadState('networkidle');
  return page;
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.keyboard.press('Enter');
}
