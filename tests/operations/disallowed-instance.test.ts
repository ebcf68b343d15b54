import { beforeEach, describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import type { BackendConfig } from '../../shared/composition/backend-ports.ts';
import type { MemoryInstance } from '../../shared/insights/memory-customer-insights.ts';
import { answered, callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';
import { at, evaluated, job, measure, output, segment, task } from '../helpers/insights-data.ts';
import { manualClock, type ManualClock } from '../helpers/manual-clock.ts';

const OTHER = '99999999-2222-3333-4444-555555555555';
const MINUTE = 60_000;
let clock: ManualClock;
let tables: Tables;
let fixture: MemoryBackend;
let isRestart = false;
/** The id of the subscription to each trigger. */
let ids: { segment: string; measure: string; unified: string };

/** The app as it comes back with another setting: storage is what it was, and so are messages. */
function restart(allowedInstances: BackendConfig['allowedInstances'], data?: Partial<MemoryInstance>): void {
  const before = isRestart ? fixture.queues : undefined;
  isRestart = true;
  fixture = memoryBackend({ clock, tables, config: { allowedInstances } });
  if (data) Object.assign(fixture.data, data);
  for (const queue of ['deliveries', 'retries'])
    for (const { message, visibleAt } of before?.waiting(queue) ?? [])
      void fixture.queues.send(queue, message as object, { delayMs: Math.max(0, visibleAt - clock.now()) });
}

const disallow = (): void => restart(new Set([OTHER]), shown(fixture));
const allow = (): void => restart(new Set([OTHER, INSTANCE]), shown(fixture));
const shown = ({ data }: MemoryBackend): Partial<MemoryInstance> => ({
  segments: data.segments,
  measures: data.measures,
  jobs: data.jobs,
});

beforeEach(async () => {
  clock = manualClock();
  tables = createMemoryTables();
  isRestart = false;
  restart(new Set());
  values([90, 1]);
  const subscribe = async (
    trigger: Parameters<MemoryBackend['subscribe']>[0],
    name: string,
    input = {},
  ): Promise<string> => (await fixture.subscribe(trigger, { callbackUrl: callbackUrl(name), ...input })).id;
  ids = {
    segment: await subscribe('segment-threshold-crossed', 'segment', { segmentName: 'vip', threshold: 100 }),
    measure: await subscribe('measure-threshold-crossed', 'measure', { measureName: 'revenue', threshold: 100 }),
    unified: await subscribe('unification-refresh-completed', 'unified'),
  };
  await fixture.poll();
});

function values(...list: [number, number][]): void {
  fixture.data.segments = [segment('vip', ...list.map(([value, minute]) => evaluated(value, minute)))];
  fixture.data.measures = [measure('revenue', ...list.map(([value, minute]) => output(value, minute)))];
}

function merged(jobId: string, minute: number): void {
  const ended = { operationType: 'merge', endedAt: at(minute) };
  fixture.data.jobs = [
    ...fixture.data.jobs,
    job({ jobId, ...ended, tasks: [task({ taskId: `t-${jobId}`, ...ended })] }),
  ];
}

const called = (): string[] =>
  fixture.calls
    .splice(0)
    .map(({ url }) => new URL(url).hostname.split('.')[0] ?? '')
    .sort();

async function statuses(): Promise<(string | undefined)[]> {
  const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 100 });
  return deliveries.map(({ status, code }) => `${status} ${code ?? ''}`.trim()).sort();
}

describe('an instance that is taken out of ALLOWED_INSTANCES', () => {
  test('is not read and not called any more', async () => {
    values([90, 1], [120, 2]);
    merged('a', 2);
    disallow();
    await fixture.poll();
    await fixture.backend.schedulePolls();
    await fixture.drain();
    expect(fixture.insights.calls).toEqual([]);
    expect(called()).toEqual([]);
  });

  test('has its deliveries ended that were owed, and those of events that are still open', async () => {
    fixture.answers.set(callbackUrl('segment'), () => answered(500));
    fixture.answers.set(callbackUrl('measure'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    values([90, 1], [120, 2]);
    await fixture.poll();
    called();
    merged('a', 2);
    // Its worker broke off: the event is open.
    fixture.answers.set(callbackUrl('unified'), () => Promise.reject(new Error('the process died')));
    await expect(fixture.poll()).rejects.toThrow('the process died');
    called();
    disallow();
    for (let polls = 0; polls < 4; polls++) {
      await fixture.poll();
      await fixture.pass(MINUTE);
    }
    await fixture.pass(13 * 60 * MINUTE);
    expect(called()).toEqual([]);
    expect(await statuses()).toEqual(Array(3).fill('ended instance-not-allowed'));
  });

  test('is said by its subscriptions, its operator’s view and its polls', async () => {
    disallow();
    await fixture.poll();
    const warnings = [expect.stringContaining('no longer allows this instance')];
    const trigger = 'segment-threshold-crossed';
    expect(await fixture.backend.getOwn('connection-a', trigger, ids.segment)).toMatchObject({ view: { warnings } });
    expect((await fixture.backend.listOwn('connection-a', trigger, { limit: 10 })).views).toMatchObject([{ warnings }]);
    expect(await fixture.backend.operator.getSubscription(ids.segment)).toMatchObject({ subscription: { warnings } });
    const health = (await fixture.backend.operator.listInstances({ limit: 100 })).instances.find(
      ({ instanceId }) => instanceId === INSTANCE,
    );
    expect(health?.failing.map(({ list }) => list).sort()).toEqual(['jobs', 'measures', 'segments']);
    expect(health?.failing[0]?.reason).toContain('ALLOWED_INSTANCES');
    const since = new Date(clock.now()).toISOString();
    expect(health?.failing.map((list) => list.since)).toEqual([since, since, since]);
  });

  test('is not read for an operator, and nothing can be sent to its flows', async () => {
    fixture.answers.set(callbackUrl('segment'), () => answered(415));
    values([90, 1], [120, 2]);
    await fixture.poll();
    const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 100 });
    called();
    disallow();
    const refused = { kind: 'refused', code: 'instance-not-allowed' };
    expect(await fixture.backend.sendTest('connection-a', 'segment-threshold-crossed', ids.segment)).toMatchObject(
      refused,
    );
    for (const { deliveryId } of deliveries)
      expect(await fixture.backend.operator.redeliver(deliveryId)).toMatchObject(refused);
    expect(await fixture.backend.operator.recover(ids.segment, { since: at(0) })).toMatchObject(refused);
    expect(await fixture.backend.operator.observations(ids.segment, 7)).toMatchObject({
      historyMissing: 'ALLOWED_INSTANCES does not name this instance.',
    });
    expect(await fixture.backend.operator.observations(ids.unified, 7)).toMatchObject({ value: [] });
    expect(fixture.insights.calls).toEqual([]);
    expect(called()).toEqual([]);
  });
});

describe('an instance that is allowed again', () => {
  beforeEach(async () => {
    disallow();
    await fixture.poll();
    values([90, 1], [120, 2], [80, 3], [95, 4]);
    merged('meanwhile', 4);
    allow();
  });

  test('has its lists baselined: what happened meanwhile is nobody’s', async () => {
    await fixture.poll();
    await fixture.poll();
    expect(called()).toEqual([]);
  });

  test('receives events from then on', async () => {
    await fixture.poll();
    values([90, 1], [120, 2], [80, 3], [95, 4], [120, 5]);
    merged('after', 5);
    await fixture.poll();
    expect(called()).toEqual(['measure', 'segment', 'unified']);
    const view = await fixture.backend.getOwn('connection-a', 'segment-threshold-crossed', ids.segment);
    expect(view).not.toHaveProperty('view.warnings');
  });

  test('and not read before an evaluation that its baseline is', async () => {
    values([95, 4], [120, 5]);
    await fixture.poll();
    values([95, 4], [120, 5], [130, 6]);
    await fixture.poll();
    expect(called()).toEqual([]);
  });
});

test('an instance of which nobody is subscribed to anything, or that is allowed, is polled as before', async () => {
  allow();
  values([90, 1], [120, 2]);
  await fixture.poll();
  expect(called()).toEqual(['measure', 'segment']);
});
