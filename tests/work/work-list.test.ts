import { beforeEach, describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import {
  WORK_SHARDS,
  WORK_TABLE,
  workList,
  type WorkEntry,
  type WorkItem,
  type WorkList,
} from '../../shared/work/work-list.ts';
import { manualClock, type ManualClock } from '../helpers/manual-clock.ts';
import { drain } from '../helpers/rows.ts';

const NOW = Date.parse('2026-11-23T10:00:00.000Z');
const MINUTE = 60_000;
/** An item that is added this long before a full minute is due then. */
const SKEW = 15_000;
const LATER = NOW + 1000 * MINUTE;
const item: WorkItem = { kind: 'subscription', subscriptionId: 'sub_1' };
let clock: ManualClock;
let tables: Tables;
let list: WorkList;

beforeEach(() => {
  clock = manualClock(NOW - 60 * MINUTE);
  tables = createMemoryTables();
  list = workList(tables, clock);
});

const rows = () => drain(tables, WORK_TABLE, { partition: { from: '', to: '~' } });

async function due(nowMs: number): Promise<WorkEntry[]> {
  return (await Promise.all(WORK_SHARDS.map((shard) => list.due(shard, nowMs)))).flat();
}

async function only(): Promise<WorkEntry> {
  const [entry] = await due(LATER);
  if (entry === undefined) throw new Error('nothing is due');
  return entry;
}

describe('an entry', () => {
  test('has the row that other versions read and write', async () => {
    await list.add(item, NOW - SKEW);
    await list.add({ kind: 'deliveries', instanceId: 'i', month: '202611' }, NOW - SKEW);
    await list.add({ kind: 'subscribe', subscriptionId: 'sub_1', connection: 'c', requestKey: 'k' }, NOW - SKEW);
    const found = await rows();
    expect(found.map(({ partitionKey, rowKey, values }) => ({ partitionKey, rowKey, values }))).toEqual([
      {
        partitionKey: '0',
        rowKey: '0mwt3h340!nsub_1',
        values: { v: 1, addedForMs: NOW, connection: 'c', requestKey: 'k' },
      },
      { partitionKey: '1', rowKey: '0mwt3h340!ssub_1', values: { v: 1, addedForMs: NOW } },
      { partitionKey: '2', rowKey: '0mwt3h340!ai202611', values: { v: 1, addedForMs: NOW } },
    ]);
    expect((await due(NOW)).map((entry) => entry.item)).toEqual([
      { kind: 'subscribe', subscriptionId: 'sub_1', connection: 'c', requestKey: 'k' },
      item,
      { kind: 'deliveries', instanceId: 'i', month: '202611' },
    ]);
  });

  test('is due 15 s to 75 s after its time, so that no process whose clock is ahead has moved it', async () => {
    await list.add(item, NOW + 1 - SKEW);
    expect(await due(NOW + MINUTE - 1)).toEqual([]);
    expect(await due(NOW + MINUTE)).toMatchObject([{ item, dueAtMs: NOW + MINUTE, addedForMs: NOW + MINUTE }]);
    await list.remove(await only());
    await list.add(item, NOW - SKEW);
    expect(await due(NOW - 1)).toEqual([]);
    expect(await due(NOW)).toMatchObject([{ item, dueAtMs: NOW }]);
  });

  test('is written again for the same time after it was withdrawn', async () => {
    await list.add(item, NOW);
    await list.withdraw(item, NOW);
    expect(await rows()).toEqual([]);
    await list.add(item, NOW);
    expect(await rows()).toHaveLength(1);
  });

  test('comes after those that are due earlier', async () => {
    await list.add(item, NOW + 5 * MINUTE - SKEW);
    await list.add(item, NOW - SKEW);
    expect((await due(LATER)).map(({ dueAtMs }) => dueAtMs)).toEqual([NOW, NOW + 5 * MINUTE]);
  });

  test('is written once by a process, however often it is added', async () => {
    await list.add(item, NOW - SKEW);
    tables.write = () => Promise.reject(new Error('written again'));
    await list.add(item, NOW - 1 - SKEW);
    await expect(list.add(item, NOW + 1 - SKEW)).rejects.toThrow('written again');
  });

  test.each(['postponed', 'removed'])('is written again for the same time after it was %s', async (how) => {
    await list.add(item, NOW - SKEW);
    if (how === 'postponed') await list.postpone(await only(), NOW + 15 * MINUTE);
    else await list.remove(await only());
    await list.add(item, NOW - SKEW);
    expect(await due(NOW)).toMatchObject([{ item, dueAtMs: NOW }]);
  });

  test('that another process has removed is written again although its time has passed', async () => {
    await list.add(item, NOW - SKEW);
    await clock.advance(61 * MINUTE);
    const [entry] = await due(LATER);
    if (entry) await workList(tables, clock).remove(entry);
    await list.add(item, NOW - SKEW);
    // As if the time were now, so that the reconciler does not check it before the rows are
    // written.
    expect(await due(LATER)).toMatchObject([{ item, dueAtMs: NOW + 2 * MINUTE, addedForMs: NOW + 2 * MINUTE }]);
  });

  test('that could not be written is written by the next call', async () => {
    const write = tables.write.bind(tables);
    tables.write = () => Promise.reject(new Error('no answer'));
    await expect(list.add(item, NOW - SKEW)).rejects.toThrow('no answer');
    tables.write = write;
    await list.add(item, NOW - SKEW);
    expect(await due(NOW)).toHaveLength(1);
  });

  test('can be taken back', async () => {
    await list.add(item, NOW + 1 - SKEW);
    await list.withdraw(item, NOW + 1 - SKEW);
    expect(await rows()).toEqual([]);
  });
});

describe('an entry that was checked', () => {
  test('is due later when it is postponed, and a minute later at least, and knows what it was added for', async () => {
    await list.add(item, NOW - SKEW);
    await list.postpone(await only(), NOW + 10 * MINUTE - SKEW);
    expect(await due(LATER)).toMatchObject([{ item, dueAtMs: NOW + 10 * MINUTE, addedForMs: NOW }]);
    await list.postpone(await only(), NOW - SKEW);
    expect(await due(LATER)).toMatchObject([{ item, dueAtMs: NOW + 11 * MINUTE, addedForMs: NOW }]);
  });

  test('becomes one with another of its item that was added for the same time', async () => {
    await list.add(item, NOW - SKEW);
    await list.add(item, NOW + MINUTE / 2);
    const [first] = await due(LATER);
    if (first) await list.postpone(first, NOW + MINUTE / 2);
    expect(await due(LATER)).toMatchObject([{ dueAtMs: NOW + MINUTE, addedForMs: NOW + MINUTE }]);
  });

  test('goes when it is removed, unless somebody added it again meanwhile', async () => {
    await list.add(item, NOW - SKEW);
    const seen = await only();
    await workList(tables, clock).add(item, NOW - SKEW);
    await list.remove(seen);
    expect(await due(NOW)).toHaveLength(1);
    await list.remove(await only());
    expect(await rows()).toEqual([]);
  });

  test('stays where it is when somebody changed it meanwhile', async () => {
    await list.add(item, NOW - SKEW);
    const seen = await only();
    await workList(tables, clock).add(item, NOW - SKEW);
    await list.postpone(seen, NOW + 10 * MINUTE);
    expect((await due(LATER)).map(({ dueAtMs }) => dueAtMs)).toEqual([NOW]);
  });
});

test('an entry of a kind that this version does not know is left alone', async () => {
  await tables.write(WORK_TABLE, [{ kind: 'insert', row: { partitionKey: '0', rowKey: '000000000!x1', v: 1 } }]);
  expect(await due(LATER)).toEqual([]);
  expect(await rows()).toHaveLength(1);
});
