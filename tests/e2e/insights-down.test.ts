import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { StackHost } from '../../sandbox/stack-host.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { inRotation } from '../helpers/test-size.ts';
import { until } from './until.ts';

type Fault = Parameters<Stack['insights']['control']['addFault']>[0]['fault'];

const FOR_EVER = 1_000_000;
/** Nothing ends it but the end of the test. */
const HOURS_MS = 10 * 3_600_000;

let stack: Stack;
let impatient: Promise<StackHost> | undefined;
const lines: string[] = [];
beforeAll(async () => {
  stack = await startTestStack({
    settings: { POLL_SCHEDULE: '0 0 0 1 1 *', RATE_LIMIT_CALLS: '0', CUSTOMER_INSIGHTS_TIMEOUT_MS: '100000' },
    output: (line) => lines.push(line),
  });
});
afterAll(() => stack.stop());

/**
 * A second host that waits for no answer longer than 300 ms, for polls that are to get none. All
 * that has to succeed is done by the first one, whose limit is the longest that there is: this
 * machine may be busy.
 */
function impatientHost(): Promise<StackHost> {
  impatient ??= stack.startHost({ settings: { CUSTOMER_INSIGHTS_TIMEOUT_MS: '300' } });
  return impatient;
}

/** The log lines of that name that this segment's list caused. */
const said = (event: string): Record<string, unknown>[] =>
  lines
    .filter((line) => line.startsWith(`{"event":"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ source }) => source === 'segments');

const faults: readonly (readonly [string, Fault, RegExp])[] = [
  ['cuts every connection', { kind: 'reset' }, /no response/],
  ['never answers', { kind: 'hang' }, /within 300 ms/],
  ['is slower than it may be', { kind: 'slow', delayMs: HOURS_MS }, /within 300 ms/],
  ['answers 503', { kind: 'status', status: 503 }, /503/],
  ['answers 429', { kind: 'status', status: 429, retryAfter: 1 }, /429/],
  ['answers 401', { kind: 'status', status: 401 }, /401/],
  ['answers with half a JSON document', { kind: 'garbage' }, /does not have the expected form/],
  ['answers with a page for people', { kind: 'html' }, /does not have the expected form/],
  ['answers with nothing', { kind: 'empty' }, /does not have the expected form/],
];

test.each(inRotation(faults, 2))(
  'while Customer Insights %s no event is lost, and the log says why once',
  async (how, fault, reason) => {
    const { control } = stack.insights;
    const hostWhileDown = fault.kind === 'hang' || fault.kind === 'slow' ? await impatientHost() : stack.host;
    const segmentName = how.replaceAll(' ', '');
    control.addSegment({ instanceId, name: segmentName, memberCount: 10 });
    const flow = stack.flows.createFlow({
      name: how,
      trigger: 'segment-threshold-crossed',
      input: { instanceId, segmentName, threshold: 100 },
    });
    expect(await flow.save()).toMatchObject({ status: 201 });
    const before = { unreachable: said('insights.unreachable').length, reachable: said('insights.reachable').length };

    control.addFault({ fault, times: FOR_EVER });
    expect(await hostWhileDown.pollHere(instanceId)).toMatchObject({ succeeded: true });
    control.evaluateSegment({
      instanceId,
      segmentName,
      evaluations: [200, 20].map((memberCount) => ({ kind: 'succeeded', memberCount })),
    });
    expect(await hostWhileDown.pollHere(instanceId)).toMatchObject({ succeeded: true });
    expect(await fetch(`${stack.host.url}/api/health`)).toMatchObject({ status: 200 });
    expect(flow.calls.length).toBe(0);

    control.clearFaults();
    // After a Retry-After nothing is read until then. Two polls more would show what comes twice.
    const poll = async (): Promise<void> =>
      expect(await stack.host.pollHere(instanceId)).toMatchObject({ succeeded: true });
    await until(async () => {
      await poll();
      return flow.calls.length > 0;
    });
    await poll();
    await poll();
    expect(flow.calls.map(({ body }) => body)).toMatchObject([{ previousValue: 10, value: 200 }]);

    await until(() => said('insights.reachable').length > before.reachable);
    const logged = said('insights.unreachable').slice(before.unreachable);
    expect(logged).toMatchObject([{ instanceId, reason: expect.stringMatching(reason) as unknown }]);
    expect(said('insights.reachable').length).toBe(before.reachable + 1);
  },
);

test('a flow that subscribes meanwhile is asked to come back, and is subscribed when it does', async () => {
  const flow = stack.flows.createFlow({
    name: 'Patient',
    trigger: 'measure-threshold-crossed',
    input: { instanceId, measureName: 'ActiveCustomers', threshold: 500 },
  });
  // Three tries of the backend are one answer to the platform, which then comes again by itself.
  stack.insights.control.addFault({ fault: { kind: 'status', status: 503 }, times: 3 });
  expect(await flow.save()).toMatchObject({ kind: 'answered', status: 201, tries: 2 });
  const list = await fetch(`${stack.host.url}/api/triggers/measure-threshold-crossed/subscriptions`);
  expect(await list.json()).toMatchObject({ value: [{ measureName: 'ActiveCustomers', threshold: 500 }] });
});
