import { beforeEach, expect, test } from '@jest/globals';
import { STARTING_SEQUENCE_ROW_KEY, REFRESHES_ROW_KEY } from '../../shared/detection/instance-state.ts';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

let tables: Tables;
let fixture: MemoryBackend;
/**
 * Called before each query for subscriptions: what happens then is between the reads of a sweep.
 */
let beforeRead: () => Promise<void>;

beforeEach(() => {
  beforeRead = () => Promise.resolve();
  const stored = createMemoryTables();
  tables = {
    ...stored,
    query: async (table, query) => {
      if (table === 'subscriptions' && query.limit === 1) await beforeRead();
      return stored.query(table, query);
    },
  };
  fixture = memoryBackend({ tables });
});

const measureOf = (name: string): Promise<{ id: string }> =>
  fixture.subscribe('measure-threshold-crossed', {
    measureName: name,
    threshold: 100,
    callbackUrl: callbackUrl('one'),
  });
/** And what it leaves is cleared away. */
async function unsubscribe(id: string, trigger: Trigger = 'measure-threshold-crossed'): Promise<void> {
  await fixture.backend.unsubscribe('connection-a', trigger, id);
  await fixture.clock.advance(60_000);
  await fixture.backend.reconcile();
}
const rows = async (): Promise<string[]> =>
  (await tables.query(STATE_TABLE, { partition: INSTANCE })).rows.map(({ rowKey }) => rowKey);

async function callsOfPoll(): Promise<number> {
  fixture.insights.calls.length = 0;
  await fixture.poll();
  return fixture.insights.calls.length;
}

test('150 measures that nobody is subscribed to any more are not polled', async () => {
  const names = Array.from({ length: 150 }, (_, index) => `m-${index}`);
  fixture.data.measures = names.map((name) => measure(name, output(1, 1)));
  const made: string[] = [];
  for (const name of names) made.push((await measureOf(name)).id);
  await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('full') });
  for (const id of made) await unsubscribe(id);
  for (let hours = 0; hours < 4; hours++) await fixture.backend.sweep();
  fixture.data.measures = names.map((name) => measure(name, output(2, 2)));
  await fixture.poll();
  expect(await callsOfPoll()).toBe(1);
  expect(await rows()).toEqual([STARTING_SEQUENCE_ROW_KEY, REFRESHES_ROW_KEY, 'poll']);
});

test('a subject that somebody is subscribed to stays, and so do refreshes', async () => {
  fixture.data.segments = [segment('vip', evaluated(90, 1)), segment('other', evaluated(90, 1))];
  const input = { threshold: 100, callbackUrl: callbackUrl('one') };
  await fixture.subscribe('segment-threshold-crossed', { segmentName: 'vip', ...input });
  const other = await fixture.subscribe('segment-threshold-crossed', { segmentName: 'other', ...input });
  const full = await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('two') });
  await fixture.subscribe('unification-refresh-completed', { callbackUrl: callbackUrl('three') });
  await unsubscribe(other.id, 'segment-threshold-crossed');
  await unsubscribe(full.id, 'full-refresh-completed');
  await fixture.backend.sweep();
  expect(await rows()).toHaveLength(3);
  fixture.data.segments = [segment('vip', evaluated(90, 1), evaluated(120, 2))];
  await fixture.poll();
  expect(fixture.calls.map(({ body }) => body['segmentName'])).toEqual(['vip']);
});

test('a flow that may only be in the middle of a save keeps its subject', async () => {
  fixture.data.measures = [measure('revenue', output(90, 1))];
  const who = { workflowId: 'flow', operationName: 'MeasureThresholdCrossed' };
  const input = { measureName: 'revenue', threshold: 100, callbackUrl: callbackUrl('one') };
  const { id } = await fixture.subscribe('measure-threshold-crossed', input, who);
  await unsubscribe(id);
  await fixture.backend.sweep();
  fixture.data.measures = [measure('revenue', output(90, 1), output(120, 2))];
  await fixture.poll();
  await fixture.subscribe('measure-threshold-crossed', { ...input, callbackUrl: callbackUrl('two') }, who);
  await fixture.pass(16 * 60_000);
  expect(fixture.calls.map(({ url }) => url)).toEqual([callbackUrl('two')]);
});

test.each([
  ['measure', 'revenue'],
  ['refreshes', undefined],
])('counts of observations of %s never begin below where they ended', async (_what, name) => {
  const subscribe = (): Promise<{ id: string }> =>
    name === undefined
      ? fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('x') })
      : measureOf(name);
  const sequence = async (): Promise<number> => {
    const stored = (await tables.query(STATE_TABLE, { partition: INSTANCE })).rows;
    return Number(
      stored.find(({ rowKey }) => rowKey !== STARTING_SEQUENCE_ROW_KEY && rowKey !== 'poll')?.values['sequence'],
    );
  };
  fixture.data.measures = [measure('revenue', output(1, 1))];
  const first = await subscribe();
  for (let minute = 2; minute < 6; minute++) {
    fixture.data.measures = [measure('revenue', output(minute, minute))];
    const ended = { operationType: 'all', jobId: `j${minute}`, submissionKind: 'scheduled', status: 'successful' };
    const at = new Date(fixture.clock.now() + minute * 60_000).toISOString();
    fixture.data.jobs = [...fixture.data.jobs, { ...ended, submittedAt: at, endedAt: at, idList: [], tasks: [] }];
    await fixture.poll();
  }
  const before = await sequence();
  expect(before).toBeGreaterThan(3);
  await unsubscribe(first.id, name === undefined ? 'full-refresh-completed' : 'measure-threshold-crossed');
  await fixture.backend.sweep();
  expect(await rows()).toEqual([STARTING_SEQUENCE_ROW_KEY, 'poll']);
  await subscribe();
  expect(await sequence()).toBeGreaterThanOrEqual(before);
});

test('a subscribe between any two reads of the sweep loses nothing', async () => {
  for (let read = 1; read <= 4; read++) {
    fixture = memoryBackend({ tables, clock: fixture.clock });
    fixture.data.measures = [measure('revenue', output(90, 10 * read))];
    const { id } = await measureOf('revenue');
    await unsubscribe(id);
    let left = read;
    beforeRead = async () => {
      if (--left !== 0) return;
      beforeRead = () => Promise.resolve();
      await measureOf('revenue');
    };
    await fixture.backend.sweep();
    beforeRead = () => Promise.resolve();
    if (left > 0) await measureOf('revenue');
    fixture.data.measures = [measure('revenue', output(90, 10 * read), output(120, 10 * read + 1))];
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
    const { views } = await fixture.backend.listOwn('connection-a', 'measure-threshold-crossed', { limit: 10 });
    for (const view of views) await unsubscribe(view.id);
    await fixture.backend.sweep();
  }
});

test('an instance that nobody is subscribed to leaves no subject behind', async () => {
  fixture.data.measures = [measure('revenue', output(1, 1))];
  const { id } = await measureOf('revenue');
  await unsubscribe(id);
  await fixture.backend.sweep();
  expect(await rows()).toEqual([STARTING_SEQUENCE_ROW_KEY]);
  expect((await tables.query('instances', { partition: 'instances' })).rows).toEqual([]);
});

test('a subscribe after any read of the sweep keeps its instance polled', async () => {
  const trigger = 'unification-refresh-completed';
  /**
   * Whether the instance is polled after a sweep in which a flow subscribes after this read;
   * `undefined`: there is none.
   */
  const isPolled = async (read: number): Promise<boolean | undefined> => {
    const own = createMemoryTables();
    let left = 0;
    const tables: Tables = {
      ...own,
      query: async (...request) => {
        const answer = await own.query(...request);
        if (--left === 0) await subscribeOne();
        return answer;
      },
    };
    const swept = memoryBackend({ tables });
    const subscribeOne = () => swept.subscribe(trigger, { callbackUrl: callbackUrl('one') });
    await swept.backend.unsubscribe('connection-a', trigger, (await subscribeOne()).id);
    await swept.pass(30 * 60_000);
    left = read;
    await swept.backend.sweep();
    const { rows } = await own.query('instances', { partition: 'instances' });
    return left > 0 ? undefined : rows.length === 1;
  };
  const results: boolean[] = [];
  for (let read = 1; ; read++) {
    const result = await isPolled(read);
    if (result === undefined) break;
    results.push(result);
  }
  expect(results.length).toBeGreaterThan(3);
  expect(results).not.toContain(false);
});
