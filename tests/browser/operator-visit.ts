import type { Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from './browser.ts';
import { OPERATOR_STORY_MS, tellOperatorStory, type OperatorStory } from './operator-story.ts';
import { OPERATOR_KEY, startStage, type Stage } from './stage.ts';
import { signIn } from './visit.ts';

/** A visit to the dashboard after the story of half an hour. */
export interface OperatorVisit {
  readonly stage: Stage;
  readonly browser: TestBrowser;
  readonly told: OperatorStory;
  /** The address of the dashboard. */
  readonly dashboard: string;
  /** Opens a view as a link to it does. Resolves when everything it asks for is there. */
  open(hash: string): Promise<Page>;
  stop(): Promise<void>;
}

export async function startOperatorVisit(settings: Readonly<Record<string, string>> = {}): Promise<OperatorVisit> {
  const stage = await startStage(OPERATOR_STORY_MS);
  const told = await tellOperatorStory(stage);
  const dashboard = await stage.open(settings);
  const browser = await openBrowser();
  const { page } = browser;
  return {
    stage,
    browser,
    told,
    dashboard,
    async open(hash) {
      await page.goto('about:blank');
      await page.goto(dashboard + hash);
      await page.locator('h1').first().waitFor();
      if (await page.getByLabel('Key', { exact: true }).isVisible()) await signIn(page, OPERATOR_KEY);
      await page.locator('h1:not(:has-text("Operator key"))').first().waitFor();
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
      await page.waitForLoadState('networkidle');
      return page;
    },
    async stop() {
      await browser.close();
      await stage.stop();
    },
  };
}
