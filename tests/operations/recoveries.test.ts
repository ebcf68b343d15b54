import { beforeEach, describe, expect, test } from '@jest/globals';
import { activityStore } from '../../shared/deliveries/records/activity-store.ts';
import { RECOVERIES_TABLE } from '../../shared/operations/recovery.ts';
import type { RecoveryResponse } from '../../shared/operations/operator-responses.ts';
import { accepted, answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { failingTables } from './failing-tables.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const OTHER = '99999999-2222-3333-4444-555555555555';
const tables = failingTables();
let fixture: SegmentFixture;
beforeEach(() => {
  tables.reset();
  fixture = segmentFixture({ tables });
});

const ago = (ms: number): string => new Date(fixture.clock.now() - ms).toISOString();
const recover = (body: object = {}): ReturnType<SegmentFixture['backend']['operator']['startRecovery']> =>
  fixture.backend.operator.startRecovery({ since: ago(DAY), ...body });
const count = (body: object = {}): Promise<unknown> => recover({ dryRun: true, ...body });
/** Starts a recovery and returns its id. */
const start = async (body: object = {}): Promise<string> => {
  const result = await recover(body);
  if (result.kind !== 'started') throw new Error(`not started: ${JSON.stringify(result)}`);
  return result.recoveryId;
};
const progress = async (id: string): Promise<RecoveryResponse> => {
  const found = await fixture.backend.operator.getRecovery(id);
  if (found.kind !== 'found') throw new Error(found.code);
  return found.recovery;
};
/** How often each flow was called, by the name of the flow. */
const calls = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { url } of fixture.calls) {
    const name = new URL(url).hostname.split('.')[0] ?? '';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

/** One delivery of each flow is dead. Afterwards all flows work, and nothing has been called. */
const lose = async (...names: readonly string[]): Promise<void> => {
  for (const name of names) {
    await fixture.flow(name);
    fixture.answers.set(callbackUrl(name), () => answered(400));
  }
  await fixture.rise();
  await recovered();
};

/** The failures are over, and the clock is past them. */
const recovered = async (): Promise<void> => {
  fixture.answers.clear();
  fixture.calls.length = 0;
  await fixture.clock.advance(1_000);
};

/** So many dead deliveries of one subscription in addition to its own. */
const loseMany = async (many: number): Promise<void> => {
  const activity = activityStore(fixture.tables);
  const { deliveries } = await fixture.backend.operator.listDeliveries({ status: 'dead' }, { limit: 1 });
  const dead = await activity.record(deliveries[0]?.deliveryId ?? '');
  if (!dead) throw new Error('no delivery is dead');
  for (let index = 0; index < many; index++) {
    const deliveryId = dead.deliveryId.slice(0, -16) + String(index).padStart(16, '0');
    await activity.insertRecord({ ...dead, deliveryId });
  }
};

describe('a recovery of all subscriptions', () => {
  test('counts first, and starts nothing', async () => {
    await lose('one', 'two');
    await fixture.rise();
    expect(await count()).toEqual({ kind: 'counted', deliveries: 2, dead: 2, parked: 0, subscriptions: 2 });
    await fixture.pass(HOUR);
    expect(await count()).toEqual({ kind: 'counted', deliveries: 2, dead: 2, parked: 0, subscriptions: 2 });
    expect((await fixture.tables.query(RECOVERIES_TABLE, { partition: 'recoveries' })).rows).toEqual([]);
  });

  test('sends each dead and parked delivery once, under its own id, and says how far it is', async () => {
    await lose('one', 'two');
    await fixture.flow('off');
    fixture.answers.set(callbackUrl('off'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await fixture.rise();
    await recovered();
    expect(await count()).toMatchObject({ deliveries: 3, dead: 2, parked: 1 });
    const id = await start();
    expect(await progress(id)).toMatchObject({
      status: 'finished',
      deliveries: 3,
      subscriptions: 3,
      sent: 3,
      skipped: 0,
    });
    await fixture.pass(MINUTE);
    expect(calls()).toEqual({ one: 1, two: 1, off: 1 });
    await fixture.pass(HOUR);
    expect(calls()).toEqual({ one: 1, two: 1, off: 1 });
    expect(await count()).toMatchObject({ deliveries: 0 });
  });

  test('takes only what its filters name', async () => {
    await lose('one');
    const none = { deliveries: 0, subscriptions: 0 };
    expect(await count({ instanceId: INSTANCE.toUpperCase() })).toMatchObject({ deliveries: 1 });
    expect(await count({ instanceId: OTHER })).toMatchObject(none);
    expect(await count({ trigger: 'segment-threshold-crossed', code: 'http-500' })).toMatchObject(none);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ status: 'dead' }, { limit: 1 });
    expect(await count({ trigger: 'segment-threshold-crossed', code: deliveries[0]?.code })).toMatchObject({
      deliveries: 1,
    });
    expect(await count({ trigger: 'measure-threshold-crossed' })).toMatchObject(none);
    const at = deliveries[0]?.occurredAt ?? '';
    expect(await count({ since: at, until: at })).toMatchObject({ deliveries: 1 });
    const before = new Date(Date.parse(at) - 1).toISOString();
    expect(await count({ until: before })).toMatchObject(none);
    expect(await count({ since: new Date(Date.parse(at) + 1).toISOString() })).toMatchObject(none);
    expect(await progress(await start({ until: before }))).toMatchObject({ status: 'finished', sent: 0 });
    await fixture.pass(HOUR);
    expect(fixture.calls).toEqual([]);
  });

  test('is the same one when the same is asked again, within an hour of its end', async () => {
    await lose('one');
    const since = ago(DAY);
    fixture.answers.set(callbackUrl('one'), () => answered(400));
    const [id, again] = await Promise.all([start({ since }), start({ since })]);
    expect(again).toBe(id);
    await fixture.pass(MINUTE);
    expect(await start({ since, instanceId: '', code: null })).toBe(id);
    await fixture.pass(50 * MINUTE);
    expect(await start({ since })).toBe(id);
    expect(calls()).toEqual({ one: 1 });
    expect(await start({ since, until: ago(0) })).not.toBe(id);
    await fixture.pass(20 * MINUTE);
    expect(calls()).toEqual({ one: 2 });
    expect(await start({ since })).toBe(id);
    await fixture.pass(MINUTE);
    expect(calls()).toEqual({ one: 3 });
  });

  test('leaves out flows that have ended, and those that an operator has paused', async () => {
    await lose('ended', 'paused', 'one');
    const { operator } = fixture.backend;
    const { subscriptions } = await operator.listSubscriptions({}, { limit: 10 });
    const [ended, paused] = subscriptions;
    await operator.endSubscription(ended?.id ?? '');
    await operator.pauseSubscription(paused?.id ?? '');
    const id = await start();
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(1);
    expect(await progress(id)).toMatchObject({ status: 'finished', deliveries: 3, sent: 1, skipped: 2 });
  });

  test('makes deliveries due a tenth of a second apart, and no more than three minutes ahead', async () => {
    await lose('one');
    await loseMany(1_200);
    const times: number[] = [];
    fixture.answers.set(callbackUrl('one'), () => {
      times.push(fixture.clock.now());
      return accepted;
    });
    const startedMs = fixture.clock.now();
    const id = await start();
    expect(await progress(id)).toMatchObject({ status: 'running', deliveries: 1_201, sent: 100 });
    for (let second = 0; second < 400; second += 20) {
      await fixture.pass(20_000);
      const dueMs = Math.max(...fixture.queues.waiting('retries').map(({ visibleAt }) => visibleAt));
      expect(dueMs - fixture.clock.now()).toBeLessThanOrEqual(3 * MINUTE + 10_000);
    }
    expect(times).toHaveLength(1_201);
    // A message waits for whole seconds, so ten deliveries become visible in each.
    const perSecond = Object.values(Object.groupBy(times, (ms) => ms)).map((group) => group?.length ?? 0);
    expect(Math.max(...perSecond)).toBeLessThanOrEqual(10);
    expect((times.at(-1) ?? 0) - startedMs).toBeGreaterThanOrEqual(120_000);
    expect(await progress(id)).toMatchObject({ status: 'finished', sent: 1_201 });
  });

  test('waits while retries are behind, so that live deliveries come first', async () => {
    await lose('one');
    fixture.answers.set(callbackUrl('two'), () => answered(503));
    await fixture.flow('two');
    await fixture.rise();
    // Nobody has received the message of that retry for a minute.
    await fixture.clock.advance(MINUTE);
    const id = await start();
    expect(await progress(id)).toMatchObject({ status: 'running', sent: 0 });
    await fixture.pass(10 * MINUTE);
    expect(await progress(id)).toMatchObject({ status: 'finished', sent: 1 });
  });

  test('whose process dies at any call is completed by the reconciler, and each delivery gets one attempt', async () => {
    let isWhole = false;
    let points = 0;
    for (; !isWhole; points++) {
      tables.reset();
      fixture = segmentFixture({ tables });
      await lose('one', 'two', 'three');
      const since = ago(DAY);
      tables.failAfter(points);
      const outcome = await recover({ since }).catch(() => undefined);
      isWhole = await fixture.tables.tableNames('activity').then(
        () => true,
        () => false,
      );
      tables.failAfter(Infinity);
      // The caller got no answer, so it asks again.
      const id = outcome?.kind === 'started' ? outcome.recoveryId : await start({ since });
      await fixture.pass(20 * MINUTE);
      expect({ points, calls: calls() }).toEqual({ points, calls: { one: 1, two: 1, three: 1 } });
      expect(await progress(id)).toMatchObject({ status: 'finished', sent: 3, skipped: 0 });
    }
    expect(points).toBeGreaterThan(15);
  });

  test('two workers at once make one attempt of each delivery', async () => {
    await lose('one');
    await loseMany(150);
    await start();
    await fixture.pass(15_000);
    await fixture.clock.advance(4 * MINUTE);
    await Promise.all([fixture.backend.reconcile(), fixture.backend.reconcile()]);
    await fixture.pass(MINUTE);
    const ids = fixture.calls.map(({ body }) => body['deliveryId']);
    expect(ids).toHaveLength(151);
    expect(new Set(ids).size).toBe(151);
  });

  test('is kept as long as the activity of its month', async () => {
    await lose('one');
    const id = await start();
    await fixture.pass(60 * DAY);
    expect(await progress(id)).toMatchObject({ status: 'finished' });
    await fixture.pass(90 * DAY);
    expect(await fixture.backend.operator.getRecovery(id)).toMatchObject({ code: 'recovery-unknown' });
  });

  test.each(['', 'rec_1', 'rec_AAAAAAAAAAAAAAAAAAAAAA'])('"%s" is unknown', async (id) => {
    expect(await fixture.backend.operator.getRecovery(id)).toMatchObject({ code: 'recovery-unknown' });
  });

  test.each([
    [{ since: undefined }, '/since'],
    [{ since: 'yesterday' }, '/since'],
    [{ since: '2016-12-31T23:59:60Z' }, '/since'],
    [{ until: '2020-01-01T00:00:00Z' }, '/until'],
    [{ trigger: 'nothing' }, '/trigger'],
    [{ instanceId: 'contoso' }, '/instanceId'],
    [{ dryRun: 'yes' }, '/dryRun'],
    [{ status: 'dead' }, '/status'],
  ])('refuses %j and stores nothing', async (body, pointer) => {
    expect(await recover(body)).toMatchObject({ code: 'body-invalid', errors: [{ pointer }] });
    expect((await fixture.tables.query(RECOVERIES_TABLE, { partition: 'recoveries' })).rows).toEqual([]);
  });

  test('of an instance that is not allowed is refused', async () => {
    fixture = segmentFixture({ config: { allowedInstances: new Set([OTHER]) } });
    expect(await recover({ instanceId: INSTANCE })).toMatchObject({ code: 'instance-not-allowed' });
  });
});
