import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  contosoInstanceId as instanceId,
  loyaltyDataSourceId,
} from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Behaviour } from '../../sandbox/flow-platform/answer-script.ts';
import type { Flow } from '../../sandbox/flow-platform/flow.ts';
import { sized } from '../helpers/test-size.ts';
import { startRehearsal, type Rehearsal } from './rehearsal.ts';
import { until } from './until.ts';

/** Flows of each kind. */
const COUNT = sized({ small: 1, full: 8 });
const IN_TWO_HOURS = { status: 503, retryAfter: 7200, errorCode: 'ServerBusy' } as const;
const OFF = { status: 400, errorCode: 'WorkflowTriggerIsNotEnabled' } as const;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await startRehearsal('present');
});
afterAll(() => rehearsal.stop());

const received = ({ calls, runs }: Flow) => ({
  runs: runs.length,
  deliveries: new Set(calls.map(({ headers }) => headers['webhook-id'])).size,
});
const idOf = (flow: Flow): string => String((flow.versions.at(-1)?.subscribed as { body?: { id?: string } }).body?.id);

test('0.9.0 works over the rows of the present version and back again: nothing is lost, nothing comes twice', async () => {
  const { stack, ask, flowOn, rise } = rehearsal;
  const { control } = stack.insights;
  const host = () => rehearsal.host();
  const flowsOn = (name: string, behaviour?: Behaviour) => rehearsal.flowsOn(name, COUNT, behaviour);
  const expectRuns = (flows: readonly Flow[], runs: number): void =>
    expect(flows.map(received)).toEqual(flows.map(() => ({ runs, deliveries: runs })));

  // The present version.
  const forgotten = await flowOn('Forgotten');
  await rise(forgotten);
  await forgotten.turnOff();
  await rehearsal.advance(1);
  await host().runTimer('reconcile');
  await host().runTimer('sweep');
  await host().runTimer('sweep');
  // The backfill is complete.
  await rehearsal.advance(1);
  await host().runTimer('reconcile');
  const steady = await flowsOn('Steady');
  const later = await flowsOn('Later', { answers: [IN_TWO_HOURS] });
  const backSoon = await flowsOn('BackSoon', { answers: [], then: OFF });
  const backLate = await flowsOn('BackLate', { answers: [], then: OFF });
  const saved = await flowsOn('Saved');
  const savedTwice = await flowsOn('SavedTwice');
  const deleted = await flowsOn('Deleted');
  const held = await flowsOn('Held');
  const ended = await flowsOn('Ended');
  const [byUser, byAny, bySchedule] = (await Promise.all(
    (['user', 'any', 'schedule'] as const).map((startedBy) =>
      rehearsal.saved({ name: startedBy, trigger: 'full-refresh-completed', input: { instanceId, startedBy } }),
    ),
  )) as [Flow, Flow, Flow];
  const loyalty = await rehearsal.saved({
    name: 'loyalty',
    trigger: 'data-source-refresh-succeeded',
    input: { instanceId, dataSourceId: loyaltyDataSourceId },
  });
  const warned = await rehearsal.saved({
    name: 'warned',
    trigger: 'segment-threshold-crossed',
    input: { instanceId, segmentName: 'HighValueCustomers', threshold: 1 },
  });
  expect(warned.versions[0]?.subscribed).toMatchObject({ body: { warnings: [expect.any(String)] } });
  for (const flow of held) expect((await ask('POST', `manage/subscriptions/${idOf(flow)}/pause`)).status).toBe(202);
  for (const flow of ended) expect((await ask('DELETE', `manage/subscriptions/${idOf(flow)}`)).status).toBe(204);
  const { jobId, tasks } = control.refreshDataSource({ instanceId, dataSourceId: loyaltyDataSourceId, end: 'open' });
  await rise(...steady, ...later, ...backSoon, ...backLate, ...saved, ...savedTwice, ...deleted, ...held, ...ended);
  for (const flow of savedTwice) await flow.saveAgain({ order: 'post-first' });
  const subscribed = (await ask('GET', 'manage/subscriptions?top=100')).body.value.map(({ id }) => id);

  // 0.9.0 over its rows.
  await rehearsal.takeOver('0.9.0');
  expect((await ask('GET', 'manage/subscriptions?top=100')).body.value.map(({ id }) => id).sort()).toEqual(
    subscribed.sort(),
  );
  const again = await flowOn('Again');
  const failing = await flowsOn('Failing', { answers: [IN_TWO_HOURS] });
  const offLate = await flowsOn('OffLate', { answers: [], then: OFF });
  for (const flow of saved) await flow.saveAgain({ order: 'delete-first' });
  for (const flow of savedTwice) await flow.saveAgain({ order: 'post-first' });
  for (const flow of deleted) expect(await flow.turnOff()).toMatchObject({ status: 204 });
  for (const flow of backSoon) flow.behave({ answers: [] });
  control.moveTask({ instanceId, taskId: tasks[0]?.taskId ?? '', status: 'successful' });
  control.endJob({ instanceId, jobId, status: 'successful' });
  await rise(
    again,
    ...steady,
    ...backSoon,
    ...backLate,
    ...saved,
    ...savedTwice,
    ...deleted,
    ...held,
    ...ended,
    ...failing,
    ...offLate,
  );
  expectRuns([loyalty, again], 1);
  expectRuns(steady, 2);
  expectRuns(held, 0);
  await rehearsal.advance(3);
  await host().runTimer('sweep');
  await until(() => later.every(({ runs }) => runs.length === 1) && backSoon.every(({ runs }) => runs.length === 2));
  await rise(...steady);
  control.refreshAll({
    instanceId,
    submission: 'scheduled',
    end: 'failed',
    failsAt: { operationType: 'ingestion', identifier: loyaltyDataSourceId },
  });
  await host().poll();
  // 0.9.0 does not know the input `startedBy`: it calls only those that ask for scheduled
  // refreshes.
  expectRuns([bySchedule], 1);
  expectRuns([byUser, byAny], 0);
  const unseen = await flowsOn('Unseen', { answers: [IN_TWO_HOURS] });
  await rise(...unseen);

  // The present version again.
  await rehearsal.takeOver('present', { how: 'kill' });
  for (const flow of [...backLate, ...offLate]) flow.behave({ answers: [] });
  for (const flow of held) expect((await ask('POST', `manage/subscriptions/${idOf(flow)}/resume`)).status).toBe(202);
  for (const flow of savedTwice) await flow.saveAgain({ order: 'delete-first' });
  control.refreshAll({
    instanceId,
    submission: 'onDemand',
    end: 'failed',
    failsAt: { operationType: 'ingestion', identifier: loyaltyDataSourceId },
  });
  await rise(...steady, ...saved, ...savedTwice);
  expect(await rehearsal.finish()).toEqual([]);
  await host().runTimer('sweep');
  await host().poll();
  expectRuns(steady, 4);
  expectRuns([again], 1);
  expectRuns([...later, ...failing, ...unseen, ...offLate], 1);
  expectRuns([...backSoon, ...backLate, ...held], 2);
  expectRuns([...saved, ...savedTwice], 3);
  expectRuns(deleted, 1);
  expectRuns(ended, 0);
  expectRuns([byUser, byAny], 1);
});
