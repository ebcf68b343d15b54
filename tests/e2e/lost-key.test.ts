import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { ownAccount } from '../helpers/azurite.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';
import { until } from './until.ts';

const key = (name: string, fill: number): string => `${name}:${Buffer.alloc(32, fill).toString('base64')}`;
let stack: Stack;
beforeAll(async () => {
  const settings = { POLL_SCHEDULE: '0 0 0 1 1 *', CALLBACK_ENCRYPTION_KEYS: key('lost', 1) };
  stack = await startTestStack({ azurite: ownAccount(), settings });
});
afterAll(() => stack.stop());

test('without its key a delivery is tried again, and goes to the flow once that was turned off and on', async () => {
  const flow = stack.flows.createFlow({
    name: 'unreadable',
    trigger: 'segment-threshold-crossed',
    input: { instanceId, segmentName: 'ChurnRisk', threshold: 500 },
  });
  expect(await flow.save()).toMatchObject({ status: 201 });
  await stack.host.stop();

  const settings = { CALLBACK_ENCRYPTION_KEYS: key('fresh', 2) };
  const host = await stack.startHost({ settings, port: stack.ports.app });
  stack.insights.control.evaluateSegment({
    instanceId,
    segmentName: 'ChurnRisk',
    evaluations: [400, 600].map((memberCount) => ({ kind: 'succeeded', memberCount })),
  });
  await host.poll();
  const deliveries = async () => {
    const url = `${host.url}/api/manage/deliveries`;
    const answer = await fetch(url, { headers: { 'x-operator-key': 'sandbox-operator' } });
    return ((await answer.json()) as { value: { status: string; code?: string }[] }).value;
  };
  await until(async () => (await deliveries()).length === 1);
  expect(await deliveries()).toMatchObject([{ status: 'retrying', code: 'callback-url-unreadable' }]);
  expect(flow.runs).toEqual([]);

  await flow.turnOff();
  await flow.turnOn();
  await until(() => flow.runs.length === 1);
  expect(flow.runs.map(({ body }) => body)).toMatchObject([{ previousValue: 400, value: 600 }]);
});
