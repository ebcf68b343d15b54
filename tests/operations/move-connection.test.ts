import { beforeEach, expect, test } from '@jest/globals';
import { failingTables } from './failing-tables.ts';
import { vipWorld, type VipWorld } from './vip-world.ts';

const trigger = 'segment-threshold-crossed';
const FROM = `key-${'a'.repeat(32)}`;
const TO = `key-${'b'.repeat(32)}`;
const flow = (name: string): object => ({ connection: FROM, workflowId: name, operationName: 'When' });
const tables = failingTables();
let world: VipWorld;
beforeEach(() => {
  tables.reset();
  world = vipWorld({ tables, config: { maxSubscriptionsPerConnection: 4 } });
});

const move = (): Promise<unknown> => world.backend.operator.moveConnection({ from: FROM, to: TO });
const idsOf = async (connection: string): Promise<string[]> => {
  const { views } = await world.backend.listOwn(connection, trigger, { limit: 100 });
  return views.map(({ id }) => id).sort();
};

test('a connection that is moved has nothing left, and the other one has it all', async () => {
  const own = [await world.flow('one', {}, flow('1')), await world.flow('two', {}, { connection: FROM })];
  const theirs = await world.flow('three', {}, { connection: TO });
  expect(await move()).toEqual({ kind: 'moved', moved: 2 });
  expect(await idsOf(FROM)).toEqual([]);
  expect(await idsOf(TO)).toEqual([...own, theirs].map(({ id }) => id).sort());
  const [first] = own;
  expect(await world.backend.getOwn(FROM, trigger, first?.id ?? '')).toMatchObject({ kind: 'refused' });
  expect(await world.backend.getOwn(TO, trigger, first?.id ?? '')).toMatchObject({ kind: 'found' });
  expect(await move()).toEqual({ kind: 'moved', moved: 0 });
});

test('the same request finds the moved subscription, and the same flow supersedes it', async () => {
  const { id } = await world.flow('one', {}, flow('1'));
  await move();
  const mine = { ...flow('1'), connection: TO };
  expect((await world.flow('one', {}, mine)).id).toBe(id);
  const saved = await world.flow('again', {}, mine);
  const old = await world.backend.getOwn(TO, trigger, id);
  expect(old).toMatchObject({ view: { status: 'superseded', successorId: saved.id } });
  expect(await idsOf(TO)).toEqual([saved.id]);
});

test('moved subscriptions count for the connection that has them now', async () => {
  for (const name of ['one', 'two', 'three']) await world.flow(name, {}, { connection: FROM });
  await move();
  await world.flow('four', {}, { connection: TO });
  await expect(world.flow('five', {}, { connection: TO })).rejects.toThrow('subscriptions-exhausted');
  for (const name of ['a', 'b', 'c', 'd']) await world.flow(name, {}, { connection: FROM });
  await expect(world.flow('e', {}, { connection: FROM })).rejects.toThrow('subscriptions-exhausted');
});

test('a subscription that both connections asked for stays where it is', async () => {
  const own = await world.flow('one', {}, { connection: FROM });
  const theirs = await world.flow('one', {}, { connection: TO });
  expect(await move()).toEqual({ kind: 'moved', moved: 0 });
  expect([await idsOf(FROM), await idsOf(TO)]).toEqual([[own.id], [theirs.id]]);
});

test('a move that breaks off anywhere is finished by the next one', async () => {
  for (let broken = 1; broken <= 40; broken++) {
    tables.reset();
    world = vipWorld({ tables, config: { maxSubscriptionsPerConnection: 4 } });
    const ids = [await world.flow('one', {}, flow('1')), await world.flow('two', {}, { connection: FROM })];
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
    for (const name of ['three', 'four']) await world.flow(name, {}, { connection: TO });
    await expect(world.flow('five', {}, { connection: TO })).rejects.toThrow('subscriptions-exhausted');
  }
  throw new Error('never came through');
});

test.each([{}, { from: FROM }, { from: FROM, to: 'b' }, { from: FROM, to: TO, more: 1 }, 'x'])(
  'the body %j is refused',
  async (body) => {
    await world.flow('one', {}, { connection: FROM });
    expect(await world.backend.operator.moveConnection(body)).toMatchObject({ code: 'body-invalid' });
    expect(await idsOf(FROM)).toHaveLength(1);
  },
);

test('to move a connection to itself changes nothing', async () => {
  await world.flow('one', {}, { connection: FROM });
  expect(await world.backend.operator.moveConnection({ from: FROM, to: FROM })).toEqual({ kind: 'moved', moved: 0 });
  expect(await idsOf(FROM)).toHaveLength(1);
});
