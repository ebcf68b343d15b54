import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { scenario } from '../../sandbox/scenario.ts';
import { openStage } from '../../sandbox/scenario-stage.ts';
import type { Stage } from '../../sandbox/scenario-stage.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';

let stage: Stage;
beforeAll(async () => {
  stage = openStage(await startTestStack({ settings: { POLL_SCHEDULE: '0 0 0 1 1 *' } }));
});
afterAll(() => stage.stack.stop());

test.each(scenario.map((step) => [step.sentence, step] as const))('%s', async (_, { run }) => {
  expect(await run(stage)).toEqual({ kind: 'passed' });
});
