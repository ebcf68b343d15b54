import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { metrics, type MetricName } from '../../shared/telemetry/metrics.ts';
import { codesOf, tableRows } from '../helpers/markdown.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { openMemoryTelemetry, type Series } from './opened-telemetry.ts';
import { tracedBackend, type TracedBackend } from './traced-backend.ts';

const MINUTE = 60_000;
const DAY = 24 * 3600_000;
const trigger = { 'triggers.trigger': 'segment-threshold-crossed' };
let fixture: TracedBackend;
beforeEach(() => {
  fixture = tracedBackend(openMemoryTelemetry);
});

const series = (metric: MetricName): Promise<readonly Series[]> => fixture.opened.series(metric);
/** The values of a metric by the only attribute that it has. */
const valuesOf = async (metric: MetricName): Promise<Record<string, number>> =>
  Object.fromEntries((await series(metric)).map(({ by, value }) => [String(Object.values(by)[0]), value]));
const answerAll = (status: number, names: readonly string[], errorCode?: string): void => {
  for (const name of names) fixture.answers.set(callbackUrl(name), () => answered(status, errorCode));
};

test('the time between two complete polls of an instance is its lag', async () => {
  await fixture.join('one');
  await fixture.tick();
  expect(await series('triggers.poll.lag')).toEqual([]);
  await fixture.clock.advance(MINUTE);
  await fixture.tick();
  await fixture.clock.advance(3 * MINUTE);
  await fixture.tick();
  expect(await series('triggers.poll.lag')).toEqual([
    { by: { 'triggers.instance.id': INSTANCE }, value: 4 * 60, count: 2 },
  ]);
});

test('an event is measured from when it happened: until found, and until accepted, which a retry makes longer', async () => {
  await fixture.join('one');
  answerAll(500, ['one']);
  // Evaluated two minutes after the clock's start.
  fixture.reach(120);
  await fixture.clock.advance(5 * MINUTE);
  await fixture.tick();
  fixture.answers.clear();
  await fixture.pass(5_000);
  expect(await series('triggers.detection.lag')).toEqual([{ by: trigger, value: 180, count: 1 }]);
  expect(await series('triggers.delivery.lag')).toEqual([{ by: trigger, value: 185.005, count: 1 }]);
});

test('the size of a fan-out is how many the event concerns, however it is cut', async () => {
  await fixture.join('one');
  await fixture.join('far', 1_000);
  fixture.reach(120);
  await fixture.tick();
  expect(await series('triggers.fan_out.size')).toEqual([{ by: trigger, value: 1, count: 1 }]);
  for (let index = 0; index < 300; index++) await fixture.join(`flow-${index}`, 150);
  fixture.reach(160);
  await fixture.tick();
  expect(await series('triggers.fan_out.size')).toEqual([{ by: trigger, value: 301, count: 2 }]);
});

test('a test event counts as a delivery, but says nothing of how late events are', async () => {
  const { id } = await fixture.join('one');
  await fixture.backend.sendTest('connection-a', 'segment-threshold-crossed', id);
  await fixture.clock.advance(MINUTE);
  await fixture.drain();
  expect(await valuesOf('triggers.delivery.status')).toEqual({ delivered: 1 });
  expect(await series('triggers.detection.lag')).toEqual([]);
  expect(await series('triggers.delivery.lag')).toEqual([]);
});

describe('deliveries are counted as they come to a status', () => {
  test('of first attempts', async () => {
    for (const name of ['well', 'busy', 'off', 'wrong', 'gone']) await fixture.join(name);
    answerAll(503, ['busy']);
    answerAll(400, ['off'], 'WorkflowTriggerIsNotEnabled');
    answerAll(422, ['wrong']);
    answerAll(410, ['gone']);
    fixture.reach(120);
    await fixture.tick();
    expect(await valuesOf('triggers.delivery.status')).toEqual({
      delivered: 1,
      retrying: 1,
      parked: 1,
      dead: 1,
      ended: 1,
    });
    expect(await valuesOf('triggers.attempt.duration')).toEqual({
      delivered: 0.005,
      'http-503': 0.005,
      'turned-off': 0.005,
      'http-422': 0.005,
      'http-410': 0.005,
    });
    expect(await valuesOf('triggers.subscription.status')).toEqual({ paused: 1, gone: 1 });
  });

  test('of retries, once for each change', async () => {
    await fixture.join('one');
    answerAll(503, ['one']);
    fixture.reach(120);
    await fixture.tick();
    await fixture.pass(10 * MINUTE);
    expect(await valuesOf('triggers.delivery.status')).toEqual({ retrying: 1, dead: 1 });
    expect((await series('triggers.attempt.duration'))[0]?.count).toBe(4);
  });
});

describe('a flow that fails', () => {
  beforeEach(async () => {
    await fixture.join('one');
    answerAll(503, ['one']);
    fixture.reach(120);
    await fixture.tick();
  });

  test('is counted once when it has failed for an hour', async () => {
    await fixture.pass(58 * MINUTE);
    expect(await series('triggers.subscription.failing')).toEqual([]);
    await fixture.pass(10 * MINUTE);
    expect(await series('triggers.subscription.failing')).toMatchObject([{ value: 1 }]);
    await fixture.pass(DAY);
    expect(await series('triggers.subscription.failing')).toMatchObject([{ value: 1 }]);
  });

  test('is not counted when it succeeds before, and counts from its next failure', async () => {
    fixture.answers.clear();
    await fixture.pass(30 * MINUTE);
    answerAll(503, ['one']);
    for (const count of [50, 130]) {
      fixture.reach(count);
      await fixture.tick();
    }
    await fixture.pass(50 * MINUTE);
    expect(await series('triggers.subscription.failing')).toEqual([]);
    await fixture.pass(20 * MINUTE);
    expect(await series('triggers.subscription.failing')).toMatchObject([{ value: 1 }]);
  });
});

describe('a connection near a limit', () => {
  beforeEach(() => {
    fixture = tracedBackend(openMemoryTelemetry, {
      rateLimit: { calls: 10, windowSeconds: 60 },
      maxSubscriptionsPerConnection: 5,
    });
  });

  test('is measured after each call', async () => {
    for (let calls = 0; calls < 9; calls++) await fixture.backend.limiter.take('connection-a');
    expect(await series('triggers.connection.usage')).toEqual([
      { by: { 'triggers.limit': 'calls' }, value: expect.closeTo(4.5) as unknown, count: 9 },
    ]);
    await fixture.clock.advance(2 * MINUTE);
    await fixture.backend.limiter.take('connection-a');
    expect((await series('triggers.connection.usage'))[0]?.value).toBeCloseTo(4.6);
  });

  test('is measured after each subscribe request', async () => {
    for (const name of ['one', 'two', 'three', 'four', 'five']) {
      await fixture.join(name);
      await fixture.clock.advance(2 * MINUTE);
    }
    expect(await series('triggers.connection.usage')).toEqual([
      { by: { 'triggers.limit': 'subscriptions' }, value: expect.closeTo(3) as unknown, count: 5 },
    ]);
  });
});

test('a subscription that is disabled is counted', async () => {
  await fixture.join('one');
  answerAll(422, ['one']);
  for (const days of [0, 3, 6]) {
    await fixture.clock.advance(days * DAY);
    fixture.reach(120);
    await fixture.tick();
    fixture.reach(50);
    await fixture.tick();
  }
  expect(await valuesOf('triggers.subscription.status')).toEqual({ disabled: 1 });
});

test('attempts are in flight from when they have a permit until they have their response', async () => {
  await fixture.join('one');
  let answer = (): void => undefined;
  const answering = new Promise<void>((resolve) => (answer = resolve));
  let asked = (): void => undefined;
  const asking = new Promise<void>((resolve) => (asked = resolve));
  fixture.answers.set(callbackUrl('one'), async () => {
    asked();
    await answering;
    return answered(202);
  });
  fixture.reach(120);
  const ticking = fixture.tick();
  await asking;
  expect(await series('triggers.attempt.in_flight')).toEqual([{ by: {}, value: 1 }]);
  answer();
  await ticking;
  expect(await series('triggers.attempt.in_flight')).toEqual([{ by: {}, value: 0 }]);
});

describe('the age of a message', () => {
  const ageOf = async (queue: string): Promise<Series | undefined> =>
    (await series('triggers.queue.age')).find(({ by }) => by['messaging.destination.name'] === queue);

  test('counts from when it was sent', async () => {
    await fixture.join('one');
    await fixture.backend.schedulePolls();
    await fixture.clock.advance(7_000);
    await fixture.drain();
    expect(await ageOf('polls')).toMatchObject({ value: 7, count: 1 });
  });

  test('counts from when it was due, when it was sent with a delay', async () => {
    await fixture.join('one');
    answerAll(503, ['one']);
    fixture.reach(120);
    await fixture.tick();
    await fixture.clock.advance(5_000 + 2_500);
    await fixture.drain();
    expect(await ageOf('retries')).toMatchObject({ value: 2.5, count: 1 });
  });

  test('is not known of one that was sent without telemetry', async () => {
    await fixture.queues.send('retries', { v: 1, kind: 'release', subscriptionId: 'none' });
    await fixture.drain();
    expect(await ageOf('retries')).toBeUndefined();
  });
});

test('the calls to an instance are counted, with and without a permit', async () => {
  fixture = tracedBackend(openMemoryTelemetry, { rateLimit: { calls: 10, windowSeconds: 60 } });
  for (let call = 0; call < 9; call++) await fixture.backend.callPermits.take(INSTANCE);
  await fixture.backend.callPermits.take(undefined);
  const by = { 'triggers.instance.id': INSTANCE };
  expect(await series('triggers.insights.places')).toEqual([
    { by: { ...by, 'triggers.place': 'admitted' }, value: 7 },
    { by: { ...by, 'triggers.place': 'refused' }, value: 2 },
    { by: { 'triggers.place': 'admitted' }, value: 1 },
  ]);
});

test('work on a message is measured, and what it failed with', async () => {
  await fixture.join('one');
  await fixture.tick();
  const operation = { 'messaging.system': 'azure_queue_storage', 'messaging.operation.name': 'process' };
  const polls = { ...operation, 'messaging.destination.name': 'polls' };
  expect(await series('messaging.process.duration')).toEqual([{ by: polls, value: 0, count: 1 }]);
  fixture.data.segments = undefined as never;
  await expect(fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE })).rejects.toThrow(TypeError);
  expect((await series('messaging.process.duration')).map(({ by }) => by)).toEqual([
    polls,
    { ...polls, 'error.type': 'TypeError' },
  ]);
});

test('the sweep measures the queues', async () => {
  await fixture.queues.send('retries', {}, { delayMs: DAY });
  await fixture.queues.send('polls-poison', {});
  await fixture.backend.sweep();
  expect(await valuesOf('triggers.queue.length')).toEqual({ polls: 0, deliveries: 0, retries: 1 });
  expect(await valuesOf('triggers.queue.poison')).toEqual({ polls: 1, deliveries: 0, retries: 0 });
});

test('docs/operate.md shows every metric as it is, and when to worry', () => {
  const rows = tableRows(readFileSync('docs/operate.md', 'utf8'), 'metric');
  const shown = rows.map(([name, kind, unit, meaning, by]) => [
    codesOf(name)[0],
    kind,
    codesOf(unit)[0],
    meaning,
    codesOf(by),
  ]);
  expect(shown).toEqual(
    Object.entries(metrics).map(([name, { kind, unit, meaning, by }]) => [name, kind, unit, meaning, by]),
  );
  expect(rows.filter(([, , , , , worry = '']) => worry === '')).toEqual([]);
});
