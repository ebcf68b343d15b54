import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Flow } from '../../sandbox/flow-platform/flow.ts';
import type { StackHost } from '../../sandbox/stack-host.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { until } from './until.ts';

/** Short, so that what a dead host held is free again within a test. */
const HELD_SECONDS = 3;

let stack: Stack;
let host: StackHost;
beforeAll(async () => {
  stack = await startTestStack({
    settings: { POLL_SCHEDULE: '0 0 0 1 1 *', CLAIM_SECONDS: String(HELD_SECONDS) },
    leaseSeconds: HELD_SECONDS,
  });
  host = stack.host;
});
afterAll(() => stack.stop());

/** Flows that wait for a segment of their own to rise above 100. */
async function flowsOn(segmentName: string, count: number): Promise<Flow[]> {
  stack.insights.control.addSegment({ instanceId, name: segmentName, memberCount: 10 });
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const flow = stack.flows.createFlow({
        name: `${segmentName} ${index}`,
        trigger: 'segment-threshold-crossed',
        input: { instanceId, segmentName, threshold: 100 },
      });
      expect(await flow.save()).toMatchObject({ status: 201 });
      return flow;
    }),
  );
}

/**
 * Lets the segment rise, and resolves when every flow has been called while the poll that did it
 * still goes on.
 */
async function inMidDelivery(segmentName: string, flows: readonly Flow[]): Promise<void> {
  stack.insights.control.setMemberCount({ instanceId, segmentName, memberCount: 200 });
  void host.poll().catch(() => undefined);
  await Promise.all(flows.map((flow) => flow.waitForCalls(1, 60_000)));
}

async function startAgain(): Promise<void> {
  host = await stack.startHost({ port: stack.ports.app });
}

async function pollUntil(isSo: () => boolean): Promise<void> {
  await until(async () => {
    await host.poll();
    return isSo();
  });
}

/** What one flow got: how often it was called, how often it ran, and under how many ids. */
const received = ({ calls, runs }: Flow) => ({
  calls: calls.length,
  runs: runs.length,
  webhookIds: new Set(calls.map(({ headers }) => headers['webhook-id'])).size,
});

test('callbacks that a killed host left without an answer are made again, each under its webhook-id', async () => {
  const flows = await flowsOn('Killed', 4);
  for (const flow of flows) flow.behave({ answers: ['hang'] });
  await inMidDelivery('Killed', flows);
  await host.kill();
  await startAgain();
  await pollUntil(() => flows.every(({ runs }) => runs.length > 0));
  await host.poll();
  expect(flows.map(received)).toEqual(flows.map(() => ({ calls: 2, runs: 1, webhookIds: 1 })));
});

test('a flow that runs although the host was killed before its answer runs again, recognisably', async () => {
  const [slow, ...fast] = await flowsOn('Slow', 3);
  // Killed as soon as it is called, long before it answers.
  slow?.behave({ answers: ['slow 3000'] });
  await inMidDelivery('Slow', slow ? [slow, ...fast] : []);
  await host.kill();
  await startAgain();
  await pollUntil(() => slow?.runs.length === 2);
  await host.poll();
  expect(slow && received(slow)).toEqual({ calls: 2, runs: 2, webhookIds: 1 });
  expect(slow?.duplicates.length).toBe(1);
  // Their outcome was not yet written down, or it was: both are allowed, another id is not.
  for (const flow of fast) expect(received(flow)).toMatchObject({ webhookIds: 1 });
});

test('a host that is asked to stop waits for the answers in hand: nothing is lost, nothing is doubled', async () => {
  const flows = await flowsOn('Graceful', 4);
  for (const flow of flows) flow.behave({ answers: ['slow 1500'] });
  await inMidDelivery('Graceful', flows);
  expect(await host.stop()).toBe(0);
  await startAgain();
  // Whatever is still held, or comes back to the queue, comes within these polls.
  const freeAtMs = Date.now() + HELD_SECONDS * 1000;
  await pollUntil(() => Date.now() > freeAtMs);
  expect(flows.map(received)).toEqual(flows.map(() => ({ calls: 1, runs: 1, webhookIds: 1 })));
});

test('what a stopped host could not finish is finished by the next one, and is no failure of the flow', async () => {
  await host.stop();
  host = await stack.startHost({ port: stack.ports.app, graceSeconds: 1 });
  const flows = await flowsOn('Abandoned', 2);
  for (const flow of flows) flow.behave({ answers: ['hang'] });
  await inMidDelivery('Abandoned', flows);
  expect(await host.stop()).toBe(0);
  await startAgain();
  await pollUntil(() => flows.every(({ runs }) => runs.length > 0));
  await host.poll();
  expect(flows.map(received)).toEqual(flows.map(() => ({ calls: 2, runs: 1, webhookIds: 1 })));
  for (const { calls } of flows) {
    const url = `${host.url}/api/manage/deliveries/${String(calls[0]?.headers['webhook-id'])}`;
    const response = await fetch(url, { headers: { 'x-operator-key': 'sandbox-operator' } });
    expect(await response.json()).toMatchObject({ status: 'delivered', attempts: [{ number: 1, code: 'delivered' }] });
  }
});

test('what happens while no host runs is delivered by the next one', async () => {
  const flows = await flowsOn('Downtime', 1);
  await host.stop();
  stack.insights.control.evaluateSegment({
    instanceId,
    segmentName: 'Downtime',
    evaluations: [200, 20].map((memberCount) => ({ kind: 'succeeded', memberCount })),
  });
  await startAgain();
  await host.poll();
  expect(flows.map(received)).toEqual([{ calls: 1, runs: 1, webhookIds: 1 }]);
});
