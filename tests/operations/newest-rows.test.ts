import { beforeEach, describe, expect, test } from '@jest/globals';
import { eventKeyAt } from '../../shared/events/event-id.ts';
import { lostRows, type LostCursor } from '../../shared/operations/lost-deliveries.ts';
import { keyBeforeMatch, newestRows } from '../../shared/operations/newest-rows.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { StoredRow, Tables } from '../../shared/storage/tables.ts';
import { withEmptyPages } from '../helpers/empty-pages.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

const nowMs = Date.parse('2026-11-20T10:00:00Z');
const TABLE = 'activity202611';
const where = { kind: 'trouble', status: 'dead' };
/** The row keys of a few events' records, newest first, of which each third is dead. */
const keys = Array.from({ length: 9 }, (_, index) => `${eventKeyAt(nowMs - index)}${'A'.repeat(22)}!t0b`);
const dead = keys.filter((_, index) => index % 3 === 0);
const [first = ''] = dead;
let tables: Tables;
beforeEach(async () => {
  tables = createMemoryTables();
  for (const [index, rowKey] of keys.entries()) {
    const row = { partitionKey: INSTANCE, rowKey, kind: 'trouble', status: index % 3 === 0 ? 'dead' : 'delivered' };
    await tables.write(TABLE, [{ kind: 'insert', row }]);
  }
});

describe('the key before the first match', () => {
  const find = (from?: string, at: Tables = tables): Promise<string | undefined> =>
    keyBeforeMatch(at, TABLE, { partition: INSTANCE, ...(from !== undefined && { from }) }, { where, maxQueries: 2 });

  test('is that of the row before', async () => {
    expect(await find(`${first} `)).toBe(keys[2]);
  });

  test('is found after any number of empty pages', async () => {
    expect(await find(`${first} `, withEmptyPages(tables, 5))).toBe(keys[2]);
  });

  test('lies before a first row that matches, and not before the row after which the range begins', async () => {
    for (const from of [undefined, first.slice(0, 9)]) expect(await find(from)).toBe(first.slice(0, -1));
    const neighbour = `${first.slice(0, -1)}a`;
    expect(await find(`${neighbour} `)).toBe(neighbour);
  });

  test('is absent only when the whole range was read', async () => {
    for (const at of [tables, withEmptyPages(tables, 5)])
      expect(await find(`${dead.at(-1) ?? ''} `, at)).toBeUndefined();
  });
});

describe('when storage answers the first requests with empty pages, no row is left out or repeated', () => {
  /** Tables in which the first filtered requests return nothing, and all begin with empty pages. */
  const slowTables = (): Tables => {
    let blind = 10;
    const empty = withEmptyPages(tables, 12);
    return {
      ...tables,
      query: (table, query) =>
        query.where !== undefined && blind-- > 0
          ? Promise.resolve({ rows: [], next: 'empty' })
          : (query.where === undefined ? empty : withEmptyPages(tables, 0)).query(table, query),
    };
  };
  const keysOf = (rows: readonly StoredRow[]): string[] => rows.map(({ rowKey }) => rowKey);

  test('from pages of the newest rows', async () => {
    const at = slowTables();
    const found: string[] = [];
    let next: string | undefined;
    do {
      const search = { instanceIds: [INSTANCE], where };
      const page = await newestRows(at, search, { limit: 100, ...(next !== undefined && { next }) });
      found.push(...keysOf(page.rows));
      next = page.next;
    } while (next !== undefined);
    expect(found).toEqual(dead);
  });

  test('from the search for lost deliveries', async () => {
    const ports = { tables: slowTables(), instanceIds: () => Promise.resolve([INSTANCE]) };
    const found: string[] = [];
    let from: LostCursor | undefined;
    do {
      const { rows, next } = await lostRows(ports, { sinceMs: 0 }, { from, limit: 100, maxQueries: 10 });
      found.push(...keysOf(rows));
      from = next;
    } while (from !== undefined);
    expect(found).toEqual(dead);
  });
});
