import { beforeEach, describe, expect, test } from '@jest/globals';
import { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import { measure, output, segment, evaluated } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const WINDOW_MS = 61_000;
const CALLS = 10;
const NAMES = Array.from({ length: 12 }, (_, index) => `measure-${index}`);

let fixture: MemoryBackend;
beforeEach(() => {
  fixture = memoryBackend({ config: { rateLimit: { calls: CALLS, windowSeconds: 60 } } });
});

const pollOnly = (): Promise<void> => fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE });
const called = (): string[] =>
  fixture.calls.map(({ body }) => String(body['measureName'] ?? body['segmentName'])).sort();

/** A flow that waits for 100, for each measure and for a segment. */
async function subscribeToAll(): Promise<void> {
  fixture.data.measures = NAMES.map((name) => measure(name, output(10, 1)));
  fixture.data.segments = [segment('vip', evaluated(10, 1))];
  for (const measureName of NAMES) {
    await fixture.subscribe('measure-threshold-crossed', {
      measureName,
      threshold: 100,
      callbackUrl: callbackUrl('m'),
    });
    await fixture.clock.advance(WINDOW_MS);
  }
  await fixture.subscribe('segment-threshold-crossed', {
    segmentName: 'vip',
    threshold: 100,
    callbackUrl: callbackUrl('s'),
  });
  await fixture.clock.advance(WINDOW_MS);
}

/** What others of the app take of the instance's calls, as actions or as polls. */
async function use(permits: number, from: 'callPermits' | 'limiter' = 'callPermits'): Promise<number> {
  const take = (): Promise<{ kind: string }> =>
    from === 'callPermits'
      ? fixture.backend.callPermits.take(INSTANCE)
      : fixture.backend.limiter.take(`instance-${INSTANCE}`);
  const taken = await Promise.all(Array.from({ length: permits }, take));
  return taken.filter(({ kind }) => kind === 'admitted').length;
}

describe('a poll for which there are not enough calls', () => {
  test('goes on a window later where it stopped, and reports every measure once, with what was in between', async () => {
    await subscribeToAll();
    // Up and down between two polls: only the history shows it.
    fixture.data.measures = NAMES.map((name) => measure(name, output(120, 3), output(20, 4)));
    fixture.data.segments = [segment('vip', evaluated(200, 5))];
    fixture.insights.calls.length = 0;
    await pollOnly();
    expect(fixture.insights.calls).toHaveLength(CALLS);
    // Two lists, and histories of eight measures.
    expect(called()).toEqual([...NAMES.slice(0, 8), 'vip'].sort());
    expect(fixture.queues.waiting('polls')).toMatchObject([{ visibleAt: fixture.clock.now() + WINDOW_MS }]);

    await fixture.pass(WINDOW_MS);
    expect(called()).toEqual([...NAMES, 'vip'].sort());
    expect(fixture.queues.waiting('polls')).toEqual([]);
  });

  test('keeps on asking for history back to the last complete poll', async () => {
    await subscribeToAll();
    await pollOnly();
    const days = 3 * 24 * 3600 * 1000;
    await fixture.clock.advance(days);
    // Used up by other polls each time: no history is read for three days.
    fixture.data.measures = [measure('measure-0', output(120, 20), output(10, 25))];
    await use(CALLS - 1, 'limiter');
    await pollOnly();
    await fixture.clock.advance(days);
    await use(CALLS - 1, 'limiter');
    await pollOnly();
    expect(called()).toEqual([]);
    await fixture.pass(WINDOW_MS);
    expect(called()).toEqual(['measure-0']);
  });

  test('sends one message, however many polls are stopped until it comes', async () => {
    await subscribeToAll();
    await use(CALLS, 'limiter');
    await pollOnly();
    await fixture.clock.advance(30_000);
    await pollOnly();
    await pollOnly();
    expect(fixture.queues.waiting('polls')).toHaveLength(1);
  });

  test('does not say that Customer Insights is unreachable', async () => {
    await subscribeToAll();
    await use(CALLS, 'limiter');
    await pollOnly();
    const trigger = 'segment-threshold-crossed';
    const [own] = (await fixture.backend.listOwn('connection-a', trigger, { limit: 1 })).views;
    const found = await fixture.backend.getOwn('connection-a', trigger, own?.id ?? '');
    expect(found).toMatchObject({ kind: 'found' });
    expect(JSON.stringify(found)).not.toContain('nreachable');
  });
});

/**
 * A flow waits for a measure that has a new value since, which a further subscribe reads the
 * history for; makes such ones.
 */
async function subscribedBeforeNewValue(): Promise<(name: string) => Promise<unknown>> {
  const subscribe = (name: string): Promise<unknown> =>
    fixture.subscribe('measure-threshold-crossed', {
      measureName: 'measure-0',
      threshold: 1,
      callbackUrl: callbackUrl(name),
    });
  fixture.data.measures = [measure('measure-0', output(10, 1))];
  await subscribe('m');
  await fixture.clock.advance(WINDOW_MS);
  fixture.data.measures = [measure('measure-0', output(10, 1), output(20, 2))];
  return subscribe;
}

describe('the calls of an instance', () => {
  test('are 30 of a hundred for polls, whatever actions want', async () => {
    await subscribeToAll();
    expect(await use(20)).toBe(7);
    fixture.data.segments = [segment('vip', evaluated(200, 5))];
    await pollOnly();
    expect(called()).toEqual(['vip']);
  });

  test('are not shared by instances, nor by the list of instances', async () => {
    expect(await use(20)).toBe(7);
    const other = '99999999-2222-3333-4444-555555555555';
    expect(await fixture.backend.callPermits.take(other)).toEqual({ kind: 'admitted' });
    expect(await fixture.backend.insights.instances()).toHaveLength(1);
  });

  test('refuse a subscribe with the exact time when they are used up, and nothing is stored', async () => {
    fixture.data.segments = [segment('vip', evaluated(10, 1))];
    await use(20);
    await fixture.clock.advance(1_000);
    const input = { segmentName: 'vip', threshold: 1, callbackUrl: callbackUrl('s') };
    const refused = fixture.subscribe('segment-threshold-crossed', input);
    await expect(refused).rejects.toBeInstanceOf(CustomerInsightsError);
    await expect(refused).rejects.toMatchObject({ kind: 'limited', retryAfterMs: WINDOW_MS - 1_000 });
    expect((await fixture.tables.query('connections', { partition: 'connection-a' })).rows).toEqual([]);
    await fixture.clock.advance(WINDOW_MS - 1_000);
    await fixture.subscribe('segment-threshold-crossed', input);
  });

  test('refuse a subscribe that needs four of them as long as there are three, and it uses none', async () => {
    const input = { callbackUrl: callbackUrl('f') };
    await use(4);
    await fixture.clock.advance(WINDOW_MS / 2);
    for (let tries = 0; tries < 3; tries++) {
      await expect(fixture.subscribe('full-refresh-completed', input)).rejects.toMatchObject({
        kind: 'limited',
        retryAfterMs: WINDOW_MS / 2,
      });
    }
    expect(fixture.insights.calls).toEqual([]);
    expect(await use(20)).toBe(3);
    await fixture.clock.advance(WINDOW_MS);
    await fixture.subscribe('full-refresh-completed', input);
    expect(await use(20)).toBe(3);
  });

  test('let a subscribe that has begun end with the calls of polls', async () => {
    const subscribe = await subscribedBeforeNewValue();
    await use(6);
    await subscribe('other');
    expect(await use(20)).toBe(0);
    expect(await use(20, 'limiter')).toBe(2);
  });

  test('refuse a subscribe whose measure has a new value and no call for its history', async () => {
    const subscribe = await subscribedBeforeNewValue();
    await use(6);
    await use(3, 'limiter');
    await expect(subscribe('other')).rejects.toMatchObject({ kind: 'limited' });
  });

  test.each([1, 2, 3, 4, 5])('are enough for every subscribe, with %s calls in a window too', async (limit) => {
    fixture = memoryBackend({ config: { rateLimit: { calls: limit, windowSeconds: 60 } } });
    await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('f') });
    await fixture.clock.advance(WINDOW_MS);
    const subscribe = await subscribedBeforeNewValue();
    await subscribe('other');
  });

  test('have no limit when RATE_LIMIT_CALLS is 0', async () => {
    fixture = memoryBackend({ config: { rateLimit: { calls: 0, windowSeconds: 60 } } });
    expect(await use(1_000)).toBe(1_000);
    expect((await fixture.tables.query('limits', { partition: { from: '', to: '~' } })).rows).toEqual([]);
  });
});

test('sweep removes windows in which nothing counts any more', async () => {
  await use(1);
  const windows = async (): Promise<string[]> =>
    (await fixture.tables.query('limits', { partition: { from: '', to: '~' } })).rows.map(
      ({ partitionKey }) => partitionKey,
    );
  await fixture.clock.advance(3600_000);
  await fixture.backend.limiter.take('connection-b');
  await fixture.backend.sweep();
  expect(await windows()).toEqual(['connection-b', `instance-${INSTANCE}`]);
  await fixture.clock.advance(WINDOW_MS);
  await fixture.backend.sweep();
  expect(await windows()).toEqual(['connection-b']);
  expect(await use(20)).toBe(7);
});
