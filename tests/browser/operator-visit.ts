import type { Page } from 'playwright-core';
import { openBrowser, type TestBrowser } from './browser.ts';
import { OPERATOR_STORY_MS, playOperatorStory, type OperatorStory } from './operator-story.ts';
import { startStage, type Stage } from './stage.ts';
import { open } from './visit.ts';

/** A visit to the dashboard after the story of half an hour. */
export interface OperatorVisit {
  readonly stage: Stage;
  readonly browser: TestBrowser;
  readonly story: OperatorStory;
  /** The address of the dashboard. */
  readonly dashboard: string;
  /** Opens a view as a link to it does. Resolves when everything it asks for is there. */
  open(hash: string): Promise<Page>;
  stop(): Promise<void>;
}

export async function startOperatorVisit(settings: Readonly<Record<string, string>> = {}): Promise<OperatorVisit> {
  const stage = await startStage(OPERATOR_STORY_MS);
  const story = await playOperatorStory(stage);
  const dashboard = await stage.open(settings);
  const browser = await openBrowser();
  return {
    stage,
    browser,
    story,
    dashboard,
    open: (hash) => open({ browser, dashboard }, hash),
    async stop() {
      await browser.close();
      await stage.stop();
    },
  };
}
