import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  contosoInstanceId as instanceId,
  storeDataSourceId,
} from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Flow, FlowDefinition } from '../../sandbox/flow-platform/flow.ts';
import type { Invocation } from '../../sandbox/host-lines.ts';
import type { StackHost } from '../../sandbox/stack-host.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { sized } from '../helpers/test-size.ts';

const ROUNDS = sized({ small: 6, full: 15 });
const NEVER = '0 0 0 1 1 *';

let stack: Stack;
let hosts: readonly [StackHost, StackHost];
beforeAll(async () => {
  stack = await startTestStack({ settings: { POLL_SCHEDULE: NEVER, RATE_LIMIT_CALLS: '0' } });
  hosts = [stack.host, await stack.startHost()];
});
afterAll(() => stack.stop());

const definitions: readonly FlowDefinition[] = [
  ...[50, 60, 70].map((threshold) => ({
    name: `above ${threshold}`,
    trigger: 'segment-threshold-crossed' as const,
    input: { instanceId, segmentName: 'HighValueCustomers', threshold },
  })),
  {
    name: 'revenue',
    trigger: 'measure-threshold-crossed',
    input: { instanceId, measureName: 'TotalRevenue', threshold: 2_000_000 },
  },
  {
    name: 'store',
    trigger: 'data-source-refresh-succeeded',
    input: { instanceId, dataSourceId: storeDataSourceId },
  },
];

async function subscribed(definition: FlowDefinition): Promise<Flow> {
  const flow = stack.flows.createFlow(definition);
  expect(await flow.save()).toMatchObject({ status: 201 });
  return flow;
}

const overlap = ([one, other]: readonly [Invocation, Invocation]): boolean =>
  one.startedAtMs <= other.endedAtMs && other.startedAtMs <= one.endedAtMs;

test('two hosts that poll the same instance at the same moment call every flow once for each crossing', async () => {
  const flows = await Promise.all(definitions.map(subscribed));
  const { control } = stack.insights;
  const pollBoth = () => Promise.all([hosts[0].pollHere(instanceId), hosts[1].pollHere(instanceId)]);
  const races: [Invocation, Invocation][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    control.setMemberCount({ instanceId, segmentName: 'HighValueCustomers', memberCount: 80 });
    control.setMeasureValue({ instanceId, measureName: 'TotalRevenue', value: 3_000_000 });
    control.refreshDataSource({ instanceId, dataSourceId: storeDataSourceId });
    races.push(await pollBoth());
    control.setMemberCount({ instanceId, segmentName: 'HighValueCustomers', memberCount: 40 });
    control.setMeasureValue({ instanceId, measureName: 'TotalRevenue', value: 1_000_000 });
    races.push(await pollBoth());
  }

  const called = flows.map(({ definition, calls }) => ({
    flow: definition.name,
    callbacks: calls.length,
    events: new Set(calls.map(({ body }) => (body as { eventId: string }).eventId)).size,
  }));
  expect(called).toEqual(definitions.map(({ name }) => ({ flow: name, callbacks: ROUNDS, events: ROUNDS })));
  expect(races.flat().every(({ succeeded }) => succeeded)).toBe(true);
  // Without it there was no race, and the test has shown nothing.
  expect(races.filter(overlap).length).toBeGreaterThan(ROUNDS);
});
