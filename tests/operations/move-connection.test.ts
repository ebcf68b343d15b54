import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables, Write } from '../../shared/storage/tables.ts';
import { failingTables } from './failing-tables.ts';
import { HOUR, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const trigger = 'segment-threshold-crossed';
const FROM = `key-${'a'.repeat(32)}`;
const TO = `key-${'b'.repeat(32)}`;
const flow = (name: string): object => ({ connection: FROM, workflowId: name, operationName: 'When' });
const tables = failingTables();
let fixture: SegmentFixture;
beforeEach(() => {
  tables.reset();
  fixture = segmentFixture({ tables, config: { maxSubscriptionsPerConnection: 4 } });
});

const move = (): Promise<unknown> => fixture.backend.operator.moveConnection({ from: FROM, to: TO });
const idsOf = async (connection: string): Promise<string[]> => {
  const { views } = await fixture.backend.listOwn(connection, trigger, { limit: 100 });
  return views.map(({ id }) => id).sort();
};

test('a connection that is moved has nothing left, and the other one has it all', async () => {
  const own = [await fixture.flow('one', {}, flow('1')), await fixture.flow('two', {}, { connection: FROM })];
  const theirs = await fixture.flow('three', {}, { connection: TO });
  expect(await move()).toEqual({ kind: 'moved', moved: 2 });
  expect(await idsOf(FROM)).toEqual([]);
  expect(await idsOf(TO)).toEqual([...own, theirs].map(({ id }) => id).sort());
  const [first] = own;
  expect(await fixture.backend.getOwn(FROM, trigger, first?.id ?? '')).toMatchObject({ kind: 'refused' });
  expect(await fixture.backend.getOwn(TO, trigger, first?.id ?? '')).toMatchObject({ kind: 'found' });
  expect(await move()).toEqual({ kind: 'moved', moved: 0 });
});

test('the same request finds the moved subscription, and the same flow supersedes it', async () => {
  const { id } = await fixture.flow('one', {}, flow('1'));
  await move();
  const mine = { ...flow('1'), connection: TO };
  expect((await fixture.flow('one', {}, mine)).id).toBe(id);
  const saved = await fixture.flow('again', {}, mine);
  const old = await fixture.backend.getOwn(TO, trigger, id);
  expect(old).toMatchObject({ view: { status: 'superseded', successorId: saved.id } });
  expect(await idsOf(TO)).toEqual([saved.id]);
});

test('moved subscriptions count for the connection that has them now', async () => {
  for (const name of ['one', 'two', 'three']) await fixture.flow(name, {}, { connection: FROM });
  await move();
  await fixture.flow('four', {}, { connection: TO });
  await expect(fixture.flow('five', {}, { connection: TO })).rejects.toThrow('subscriptions-exhausted');
  for (const name of ['a', 'b', 'c', 'd']) await fixture.flow(name, {}, { connection: FROM });
  await expect(fixture.flow('e', {}, { connection: FROM })).rejects.toThrow('subscriptions-exhausted');
});

test('a subscription that both connections asked for stays where it is', async () => {
  const own = await fixture.flow('one', {}, { connection: FROM });
  const theirs = await fixture.flow('one', {}, { connection: TO });
  expect(await move()).toEqual({ kind: 'moved', moved: 0 });
  expect([await idsOf(FROM), await idsOf(TO)]).toEqual([[own.id], [theirs.id]]);
});

test('a move that breaks off anywhere is finished by the next one', async () => {
  for (let broken = 1; broken <= 40; broken++) {
    tables.reset();
    fixture = segmentFixture({ tables, config: { maxSubscriptionsPerConnection: 4 } });
    const ids = [await fixture.flow('one', {}, flow('1')), await fixture.flow('two', {}, { connection: FROM })];
    tables.failAfter(broken);
    const first = await move().catch(() => 'broken off');
    tables.failAfter(Infinity);
    if (first !== 'broken off') {
      expect(broken).toBeGreaterThan(5);
      return;
    }
    await move();
    expect(await idsOf(FROM)).toEqual([]);
    expect(await idsOf(TO)).toEqual(ids.map(({ id }) => id).sort());
    for (const name of ['three', 'four']) await fixture.flow(name, {}, { connection: TO });
    await expect(fixture.flow('five', {}, { connection: TO })).rejects.toThrow('subscriptions-exhausted');
  }
  throw new Error('never came through');
});

test('an entry that a broken move left for a subscription that then ended is removed by the next one', async () => {
  let left = 0;
  for (let broken = 1; broken <= 40; broken++) {
    tables.reset();
    fixture = segmentFixture({ tables });
    const { id } = await fixture.flow('one', {}, { connection: FROM });
    tables.failAfter(broken);
    const first = await move().catch(() => 'broken off');
    tables.failAfter(Infinity);
    if (first !== 'broken off') break;
    for (const connection of [FROM, TO]) await fixture.backend.unsubscribe(connection, trigger, id);
    await fixture.pass(2 * HOUR);
    const entries = async (): Promise<number> =>
      (await tables.query('connections', { partition: FROM, from: 'k:', to: 'k:~' })).rows.length;
    left += await entries();
    await move();
    expect(await entries()).toBe(0);
  }
  expect(left).toBeGreaterThan(0);
});

test.each([{}, { from: FROM }, { from: FROM, to: 'b' }, { from: FROM, to: TO, more: 1 }, 'x'])(
  'the body %j is refused',
  async (body) => {
    await fixture.flow('one', {}, { connection: FROM });
    expect(await fixture.backend.operator.moveConnection(body)).toMatchObject({ code: 'body-invalid' });
    expect(await idsOf(FROM)).toHaveLength(1);
  },
);

test('to move a connection to itself changes nothing', async () => {
  await fixture.flow('one', {}, { connection: FROM });
  expect(await fixture.backend.operator.moveConnection({ from: FROM, to: FROM })).toEqual({ kind: 'moved', moved: 0 });
  expect(await idsOf(FROM)).toHaveLength(1);
});

/** Tables in which something happens at the first write that `isMeant`. */
function tablesWith(
  isMeant: (write: Write) => boolean,
  happen: (again: () => Promise<unknown>) => Promise<unknown>,
): Tables {
  const tables = createMemoryTables();
  let isDone = false;
  return {
    ...tables,
    async write(table, writes) {
      if (!isDone && table === 'connections' && isMeant(writes[0])) {
        isDone = true;
        await happen(() => tables.write(table, writes));
      }
      return tables.write(table, writes);
    },
  };
}
const isCopy = ({ kind, row }: Write): boolean =>
  kind === 'insert' && row.partitionKey === TO && row.rowKey.startsWith('k:');

test('a storage that sees the copy of an entry twice leaves nothing behind', async () => {
  fixture = segmentFixture({
    tables: tablesWith(isCopy, (again) => again()),
    config: { maxSubscriptionsPerConnection: 1 },
  });
  const { id } = await fixture.flow('one', {}, flow('1'));
  await fixture.backend.operator.moveConnection({ from: FROM, to: TO });
  expect([await idsOf(FROM), await idsOf(TO)]).toEqual([[], [id]]);
  await fixture.flow('two', {}, { connection: FROM });
});

test('a subscription that the other connection asks for in the middle of the move stays where it is, and can be ended there', async () => {
  let theirs = '';
  const subscribeThere = async (): Promise<void> => {
    theirs = (await fixture.flow('one', {}, { ...flow('1'), connection: TO })).id;
  };
  fixture = segmentFixture({
    tables: tablesWith(isCopy, subscribeThere),
    config: { maxSubscriptionsPerConnection: 1 },
  });
  const { id } = await fixture.flow('one', {}, flow('1'));
  expect(await fixture.backend.operator.moveConnection({ from: FROM, to: TO })).toEqual({ kind: 'moved', moved: 0 });
  expect([await idsOf(FROM), await idsOf(TO)]).toEqual([[id], [theirs]]);
  // What is known of its flow stays with it: a save finds it.
  await fixture.backend.unsubscribe(FROM, trigger, id);
  await fixture.flow('two', {}, { connection: FROM });
  expect(await fixture.backend.getOwn(TO, trigger, theirs)).toMatchObject({ view: { status: 'active' } });
});

test.each([
  ['an operator', (id: string) => fixture.backend.operator.endSubscription(id)],
  ['its flow', (id: string) => fixture.backend.unsubscribe(TO, trigger, id)],
])('a subscription that %s ends in the middle of the move counts for neither connection', async (_, end) => {
  let id = '';
  fixture = segmentFixture({ tables: tablesWith(isCopy, () => end(id)), config: { maxSubscriptionsPerConnection: 1 } });
  id = (await fixture.flow('one', {}, { connection: FROM })).id;
  const answer = await fixture.backend.operator.moveConnection({ from: FROM, to: TO });
  for (const connection of [FROM, TO]) await fixture.flow('two', {}, { connection });
  expect(answer).toEqual({ kind: 'moved', moved: 0 });
});

test('a subscription that is removed as the move breaks off leaves no entry after the next one', async () => {
  const stored = tablesWith(isCopy, async (again) => {
    const { rows } = await stored.query('subscriptions', { partition: { from: ' ', to: '~' } });
    for (const row of rows) await stored.write('subscriptions', [{ kind: 'delete', row, etag: row.etag }]);
    await again();
    throw new Error('broken off');
  });
  fixture = segmentFixture({ tables: stored });
  await fixture.flow('one', {}, { connection: FROM });
  await expect(move()).rejects.toThrow('broken off');
  await move();
  for (const partition of [FROM, TO]) {
    const { rows } = await stored.query('connections', { partition });
    expect(rows).toMatchObject([{ rowKey: 'n', values: { count: 0 } }]);
  }
});

test('a subscribe that broke off and was moved is completed or undone', async () => {
  let undone = 0;
  for (let broken = 1; broken <= 40; broken++) {
    tables.reset();
    fixture = segmentFixture({ tables, config: { maxSubscriptionsPerConnection: 2 } });
    await fixture.flow('kept', {}, { connection: TO });
    tables.failAfter(broken);
    const first = await fixture.flow('one', {}, flow('1')).catch(() => 'broken off');
    tables.failAfter(Infinity);
    if (first !== 'broken off') break;
    await move();
    await fixture.pass(2 * HOUR);
    // Whichever connection it is in now, nothing counts that is not there.
    for (const connection of [FROM, TO]) {
      const ids = await idsOf(connection);
      if (ids.length === 0) undone += 1;
      for (let free = ids.length; free < 2; free++) await fixture.flow(`new-${free}`, {}, { connection });
      await expect(fixture.flow('more', {}, { connection })).rejects.toThrow('subscriptions-exhausted');
    }
  }
  expect(undone).toBeGreaterThan(0);
});
