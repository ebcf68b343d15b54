import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectProblem } from './expect-problem.ts';
import { startBackend, type Answered, type CallOptions, type StartedBackend } from './start-backend.ts';
import type { StoredRow } from '../../shared/storage/tables.ts';
import { requestRows, storedRows } from './stored-rows.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

const trigger = 'segment-threshold-crossed';
const path = subscriptionsOf(trigger);
const as = (key: string, more: object = {}): CallOptions => ({ headers: { 'x-functions-key': key, ...more } });

let backend: StartedBackend;
let id: string;
beforeAll(async () => {
  backend = await startBackend({ settings: { MAX_SUBSCRIPTIONS_PER_CONNECTION: '2' } });
  id = idOf(await subscribe('mine', 'flow'));
});

const subscribe = (key: string, flow: string, headers = {}): Promise<Answered> =>
  backend.call('POST', path, { body: bodyOf(trigger, flow), ...as(key, headers) });
const idOf = ({ status, body }: Answered): string => {
  expect(status).toBe(201);
  return (body as { id: string }).id;
};

describe('unsubscribing', () => {
  test.each<[string, () => string, string]>([
    ["another's", () => `${path}/${id}`, 'theirs'],
    ['one of a trigger that is not its own', () => `${subscriptionsOf('full-refresh-completed')}/${id}`, 'mine'],
    ['one that never was', () => `${path}/${id.slice(0, -4)}AAAA`, 'mine'],
    ['one of an instance that never was', () => `${path}/${id.slice(0, 5)}${'A'.repeat(22)}${id.slice(27)}`, 'mine'],
    ['nonsense', () => `${path}/nonsense`, 'mine'],
    ['an encoded slash', () => `${path}/a%2Fb`, 'mine'],
    ['a quote', () => `${path}/%27%20or%201%20eq%201`, 'mine'],
    ['a very long id', () => `${path}/${'x'.repeat(4000)}`, 'mine'],
  ])('%s answers 204 and touches nothing', async (_, address, key) => {
    const before = await storedRows();
    expect(await backend.call('DELETE', address(), as(key))).toMatchObject({ status: 204, body: undefined });
    expect(await storedRows()).toEqual(before);
  });

  test('answers 204 and leaves nothing of the subscription, the second time too', async () => {
    const before = await requestRows();
    const gone = idOf(await subscribe('mine', 'to be deleted'));
    for (let time = 0; time < 2; time++) {
      expect(await backend.call('DELETE', `${path}/${gone}`, as('mine'))).toMatchObject({
        status: 204,
        body: undefined,
      });
    }
    // What the reconciler clears away: a row that nobody calls, without its callback URL, and the
    // entry that says so.
    const isCleared = ({ values }: StoredRow): boolean =>
      values['addedForMs'] !== undefined || values['status'] === 'deleted';
    const lasting = (rows: typeof before): unknown[] =>
      rows
        .filter((row) => row.rowKey !== 'n' && !isCleared(row))
        .map(({ partitionKey, rowKey }) => [partitionKey, rowKey]);
    const after = await requestRows();
    expect(lasting(after)).toEqual(lasting(before));
    expect(after.filter(isCleared).every(({ values }) => values['callback'] === undefined)).toBe(true);
  });

  test('many times at once lowers the count of subscriptions once', async () => {
    const [one] = [idOf(await subscribe('full', 'one')), idOf(await subscribe('full', 'two'))];
    expect((await subscribe('full', 'three')).status).toBe(409);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => backend.call('DELETE', `${path}/${one}`, as('full'))),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 204));
    idOf(await subscribe('full', 'three'));
    expect((await subscribe('full', 'four')).status).toBe(409);
  });

  test('one that a flow made forgets its callback URL and is not shown any more', async () => {
    const workflow = { 'x-ms-workflow-id': 'a-flow' };
    const made = idOf(await subscribe('a connection', 'flow', workflow));
    await backend.call('DELETE', `${path}/${made}`, as('a connection'));
    expect((await backend.call('GET', `${path}/${made}`, as('a connection'))).status).toBe(404);
    expect((await backend.call('GET', path, as('a connection'))).body).toEqual({ value: [] });
    const { subscriptions = [] } = await storedRows();
    const row = subscriptions.find(({ rowKey }) => made.endsWith(rowKey));
    expect(row?.values).not.toHaveProperty('callback');
  });
});

test('a connection that has as many as it may have is refused another, but not the same again', async () => {
  const ids = [idOf(await subscribe('many', 'one')), idOf(await subscribe('many', 'two'))];
  await expectProblem(() => subscribe('many', 'three'), 409, 'subscriptions-exhausted');
  expect(idOf(await subscribe('many', 'two'))).toBe(ids[1]);
  const full = subscriptionsOf('full-refresh-completed');
  const other = { body: bodyOf('full-refresh-completed', 'three'), ...as('many') };
  await expectProblem(() => backend.call('POST', full, other), 409, 'subscriptions-exhausted');
  idOf(await subscribe('others', 'three'));
});
