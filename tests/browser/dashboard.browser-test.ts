import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { testActions } from './actions.ts';
import { openBrowser } from './browser.ts';
import { takePictures } from './pictures.ts';
import { testKeyboard } from './keyboard.ts';
import { testLooks } from './looks.ts';
import { startStage, type Stage } from './stage.ts';
import { STORY_BEGINS_MS, tellStory } from './story.ts';
import { testViews } from './views.ts';
import type { Visit } from './visit.ts';

// A browser on a machine that has other work to do.
let visit: Visit | undefined;
const visiting = (): Visit => {
  if (visit === undefined) throw new Error('the stage is not set');
  return visit;
};

let stage: Stage | undefined;

beforeAll(async () => {
  stage = await startStage(STORY_BEGINS_MS);
  const told = await tellStory(stage);
  await stage.queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
  const dashboard = await stage.open();
  visit = { stage, told, dashboard, browser: await openBrowser() };
});
afterAll(async () => {
  await visit?.browser.close();
  await stage?.stop();
});

// First: it begins before anybody has signed in.
describe('views', () => testViews(visiting));
describe('pictures', () => takePictures(visiting));
describe('looks', () => testLooks(visiting));
describe('the keyboard', () => testKeyboard(visiting));
// Last: they change what there is to see.
describe('actions', () => testActions(visiting));

test('no page breaks its policy, throws or complains', () => {
  expect(visiting().browser.complaints).toEqual([]);
});
