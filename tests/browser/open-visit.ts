import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { openBrowser } from './browser.ts';
import { startStage, type Stage } from './stage.ts';
import { STORY_BEGINS_MS, createStory } from './story.ts';
import type { Visit } from './visit.ts';

/**
 * Lets the tests of one file visit a dashboard of its own, after the story has been created, and
 * declares a last test: no page has complained. `visiting` is for use within tests.
 */
export function openVisit(declareTests: (visiting: () => Visit) => void): void {
  let visit: Visit | undefined;
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await startStage(STORY_BEGINS_MS);
    const story = await createStory(stage);
    await stage.queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
    const dashboard = await stage.open();
    visit = { stage, story, dashboard, browser: await openBrowser() };
  });
  afterAll(async () => {
    await visit?.browser.close();
    await stage?.stop();
  });
  const visiting = (): Visit => {
    if (visit === undefined) throw new Error('the stage is not set');
    return visit;
  };

  declareTests(visiting);

  test('no page breaks its policy, throws or complains', () => {
    expect(visiting().browser.complaints).toEqual([]);
  });
}
