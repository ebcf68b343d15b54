import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Flow, SaveAgain } from '../../sandbox/flow-platform/flow.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { until } from './until.ts';

/** The new subscription waits for this answer of Customer Insights until the test lets it come. */
const HELD = { kind: 'slow', delayMs: 120_000 } as const;

let stack: Stack;
beforeAll(async () => {
  // The longest limit that there is: the held answer must not run out before the test lets it come.
  const settings = { POLL_SCHEDULE: '0 0 0 1 1 *', RATE_LIMIT_CALLS: '0', CUSTOMER_INSIGHTS_TIMEOUT_MS: '100000' };
  stack = await startTestStack({ settings });
});
afterAll(() => stack.stop());

/** A saved flow that waits for a segment of its own to rise above 100. */
async function flowOn(segmentName: string): Promise<Flow> {
  stack.insights.control.addSegment({ instanceId, name: segmentName, memberCount: 10 });
  const flow = stack.flows.createFlow({
    name: segmentName,
    trigger: 'segment-threshold-crossed',
    input: { instanceId, segmentName, threshold: 100 },
  });
  expect(await flow.save()).toMatchObject({ status: 201 });
  return flow;
}

function rise(segmentName: string): void {
  stack.insights.control.evaluateSegment({
    instanceId,
    segmentName,
    evaluations: [20, 200].map((memberCount) => ({ kind: 'succeeded', memberCount })),
  });
}

/**
 * Saves the flow again, and lets something happen when the backend is about to make the new
 * subscription.
 */
async function saveAgain(flow: Flow, how: SaveAgain, meanwhile: () => Promise<unknown>): Promise<void> {
  const { control } = stack.insights;
  const read = 'GET /v1/instances/{instanceId}/manage/segments';
  const reads = (): number => control.calls().byRoute[read] ?? 0;
  const before = reads();
  control.addFault({ fault: HELD, pathIncludes: '/manage/segments' });
  const saved = flow.saveAgain(how);
  await until(() => reads() > before);
  await meanwhile();
  control.clearFaults();
  expect(await saved).toMatchObject({ status: 201, tries: 1 });
}

/** The runs of each version, oldest first, once the polls that might double them are over. */
async function runsByVersion(flow: Flow): Promise<number[]> {
  for (let poll = 0; poll < 2; poll++) await stack.host.poll();
  return flow.versions.map(({ callbackPath }) => flow.runs.filter(({ url }) => url === callbackPath).length);
}

describe.each(['delete-first', 'post-first'] as const)('a flow saved again, %s,', (order) => {
  test('gets what happened before from its old version and what happens after from its new one', async () => {
    const name = `Apart-${order}`;
    const flow = await flowOn(name);
    rise(name);
    await stack.host.poll();
    await flow.saveAgain({ order });
    rise(name);
    expect(await runsByVersion(flow)).toEqual([1, 1]);
  });

  test('gets what was not yet found when it was saved, once', async () => {
    const name = `Unfound-${order}`;
    const flow = await flowOn(name);
    rise(name);
    await flow.saveAgain({ order });
    await flow.waitForRuns(1, 60_000);
    expect(await runsByVersion(flow)).toEqual([0, 1]);
  });

  test('gets what happens in the middle, once', async () => {
    const name = `Middle-${order}`;
    const flow = await flowOn(name);
    await saveAgain(flow, { order }, async () => {
      rise(name);
      await stack.host.poll();
      // The old address is called only while it still stands in the backend, and answers that it is
      // no more.
      const answers = flow.calls.map(({ answer }) => answer);
      const stale = { kind: 'refuse', status: 404, error: { code: 'WorkflowTriggerVersionNotFound' } };
      expect(answers).toMatchObject(order === 'post-first' ? [stale] : []);
    });
    await flow.waitForRuns(1, 60_000);
    expect(await runsByVersion(flow)).toEqual([0, 1]);
  });

  test('is called at its new address alone when its unsubscribe was lost', async () => {
    const name = `Lost-${order}`;
    const flow = await flowOn(name);
    await flow.saveAgain({ order, loseDelete: true });
    rise(name);
    expect(await runsByVersion(flow)).toEqual([0, 1]);
    expect(flow.calls.length).toBe(1);
  });

  test('with another threshold, is not called for the old one', async () => {
    const name = `Other-${order}`;
    const flow = await flowOn(name);
    const input = { instanceId, segmentName: name, threshold: 500 };
    await saveAgain(flow, { order, input }, async () => {
      rise(name);
      await stack.host.poll();
    });
    expect(await runsByVersion(flow)).toEqual([0, 0]);
  });
});
