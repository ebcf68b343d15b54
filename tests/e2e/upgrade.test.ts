import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { firstTour } from '../../sandbox/first-tour.ts';
import type { Behaviour } from '../../sandbox/flow-platform/answer-script.ts';
import type { Flow } from '../../sandbox/flow-platform/flow.ts';
import { sized } from '../helpers/test-size.ts';
import { startRehearsal, type Rehearsal } from './rehearsal.ts';
import { until } from './until.ts';

/** Flows of each kind. */
const COUNT = sized({ small: 1, full: 8 });
const IN_TWO_HOURS = { status: 503, retryAfter: 7200 } as const;
const OFF = { status: 400, errorCode: 'WorkflowTriggerIsNotEnabled' } as const;
/** With these off, the messages of a host stay in their queues. */
const WITHOUT_WORKERS = { 'AzureWebJobs.deliver.Disabled': 'true', 'AzureWebJobs.retry.Disabled': 'true' };

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await startRehearsal('0.9.0', WITHOUT_WORKERS);
});
afterAll(() => rehearsal.stop());

/** What a flow got: how often it was called and how often it ran, and of how many deliveries. */
const received = ({ calls, runs }: Flow) => ({
  calls: calls.length,
  runs: runs.length,
  deliveries: new Set(calls.map(({ headers }) => headers['webhook-id'])).size,
});

test('what 0.9.0 leaves, the present version takes over: all that is owed arrives, once, and nothing stays behind', async () => {
  const { stack, ask, rise } = rehearsal;
  const flowsOn = (name: string, behaviour?: Behaviour) => rehearsal.flowsOn(name, COUNT, behaviour);
  const { control } = stack.insights;
  const tour = await Promise.all(firstTour.map(({ flow }) => rehearsal.saved(flow)));
  for (const { makeChange } of firstTour) makeChange(control);
  await rehearsal.host().poll();

  const soon = await flowsOn('Soon', { answers: [{ status: 503 }] });
  const later = await flowsOn('Later', { answers: [IN_TWO_HOURS] });
  const off = await flowsOn('Off', { answers: [], then: OFF });
  const owed = await flowsOn('Owed', { answers: [IN_TWO_HOURS] });
  const saved = await flowsOn('Saved');
  const deleted = await flowsOn('Deleted');
  const gone = await flowsOn('Gone', { answers: [{ status: 410 }] });
  const tested = await flowsOn('Tested');
  const hanging = await rehearsal.flowsOn('Hanging', 1, { answers: ['hang'] });

  await rise(...soon, ...later, ...off, ...owed, ...saved, ...deleted, ...gone);
  await rise(...off);
  for (const flow of owed) await flow.saveAgain({ order: 'post-first' });
  for (const flow of saved) await flow.saveAgain({ order: 'delete-first' });
  for (const flow of deleted) await flow.turnOff();
  for (const flow of tested) {
    const { location = '' } = flow.versions[0]?.subscribed as { location?: string };
    expect((await fetch(`${location}/test`, { method: 'POST' })).status).toBe(202);
  }
  const inMidDelivery = rise(...hanging).catch(() => undefined);
  await Promise.all(hanging.map((flow) => flow.waitForCalls(1, 60_000)));
  const listedBefore = await ask('GET', 'manage/subscriptions?top=100');

  await rehearsal.advance(3);
  await rehearsal.takeOver('present', {
    how: 'kill',
    settings: { 'AzureWebJobs.deliver.Disabled': '', 'AzureWebJobs.retry.Disabled': '' },
  });
  await inMidDelivery;

  // Messages that were left in the queues, and the chunk that was in hand.
  await until(() => [...soon, ...tested].every(({ runs }) => runs.length > 0));
  await rehearsal.host().poll();
  await until(() => hanging.every(({ runs }) => runs.length > 0));
  const listed = await ask('GET', 'manage/subscriptions?top=100');
  const ids = ({ body }: typeof listed) => body.value.map(({ id }) => id).sort();
  expect(ids(listed)).toEqual(ids(listedBefore));
  expect(
    (await ask('GET', `events?instanceId=${instanceId}&since=2020-01-01T00:00:00Z`)).body.value.length,
  ).toBeGreaterThanOrEqual(6);

  // Deliveries whose messages do not come any more, and flows that are on again.
  for (const flow of off) flow.behave({ answers: [] });
  expect(await rehearsal.finish()).toEqual([]);

  // Nothing comes twice.
  await rehearsal.host().runTimer('sweep');
  await rehearsal.host().poll();
  const each = (flows: readonly Flow[], calls: number, runs: number, deliveries: number): void =>
    expect(flows.map(received)).toEqual(flows.map(() => ({ calls, runs, deliveries })));
  each([...tour, ...saved, ...deleted, ...tested], 1, 1, 1);
  each([...soon, ...later, ...owed, ...hanging], 2, 1, 1);
  each(gone, 1, 0, 1);
  for (const flow of off) expect(received(flow)).toMatchObject({ runs: 2, deliveries: 2 });

  // What 0.9.0 has subscribed is called for what happens now, and not after it has unsubscribed.
  const happen = async (): Promise<void> => {
    control.setMemberCount({ instanceId, segmentName: 'HighValueCustomers', memberCount: 40 });
    control.setMeasureValue({ instanceId, measureName: 'TotalRevenue', value: 1 });
    for (const { makeChange } of firstTour) makeChange(control);
    await rehearsal.host().poll();
    await rise(...saved, ...off, ...tested);
  };
  await happen();
  each(tour, 2, 2, 2);
  each([...saved, ...tested], 2, 2, 2);
  for (const flow of off) expect(received(flow)).toMatchObject({ runs: 3, deliveries: 3 });
  for (const flow of stack.flows.flows)
    if (flow.state === 'on') expect(await flow.turnOff()).toMatchObject({ status: 204 });
  await happen();
  each(tour, 2, 2, 2);
  expect(await rehearsal.finish()).toEqual([]);
});
