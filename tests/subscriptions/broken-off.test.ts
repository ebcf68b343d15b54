import { describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { workList } from '../../shared/work/work-list.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';
import { drain } from '../helpers/rows.ts';

const trigger: Trigger = 'full-refresh-completed';

interface FailingTables extends Tables {
  /**
   * Lets the request with this number, counted from now, fail: before it is made, or after it took
   * effect.
   */
  failAt(number: number, how: 'unreached' | 'answer lost'): void;
  /** Requests since `failAt`. */
  requests(): number;
}

function failingTables(): FailingTables {
  const tables = createMemoryTables();
  let fails: { at: number; how: 'unreached' | 'answer lost' } = { at: 0, how: 'unreached' };
  let count = 0;
  const through = async <T>(request: () => Promise<T>): Promise<T> => {
    count += 1;
    const hit = count === fails.at;
    if (hit && fails.how === 'unreached') throw new StorageError('a request', 'unreached');
    const answer = await request();
    if (hit) throw new StorageError('a request', 'answer lost');
    return answer;
  };
  return {
    ...tables,
    get: (...request) => through(() => tables.get(...request)),
    query: (...request) => through(() => tables.query(...request)),
    write: (...request) => through(() => tables.write(...request)),
    failAt(at, how) {
      count = 0;
      fails = { at, how };
    },
    requests: () => count,
  };
}

const subscriber: Subscriber = {
  connection: 'connection-a',
  workflowId: undefined,
  operationName: undefined,
  environmentId: undefined,
};
const flow: Subscriber = { ...subscriber, workflowId: 'f0f0', operationName: 'When_it_happens' };

async function idOf(backend: MemoryBackend['backend'], who: Subscriber, name: string): Promise<string> {
  const body = { instanceId: INSTANCE, callbackUrl: callbackUrl(name) };
  const answer = await backend.subscribe(who, trigger, body);
  return answer.kind === 'refused' ? answer.code : answer.subscription.id;
}

/**
 * Runs `attempt` in a new fixture for each of its storage requests, with that request failing,
 * until it makes no more.
 */
async function failingEach(
  how: 'unreached' | 'answer lost',
  prepare: (fixture: MemoryBackend) => Promise<string>,
  attempt: (fixture: MemoryBackend, prepared: string) => Promise<void>,
  check: (fixture: MemoryBackend, prepared: string, at: number) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at++) {
    const tables = failingTables();
    const fixture = memoryBackend({ tables, config: { maxSubscriptionsPerConnection: 1 } });
    const prepared = await prepare(fixture);
    tables.failAt(at, how);
    const failure = await attempt(fixture, prepared).then(
      () => undefined,
      (error: unknown) => error,
    );
    const made = tables.requests();
    tables.failAt(0, how);
    if (failure !== undefined) expect(failure).toBeInstanceOf(StorageError);
    await check(fixture, prepared, at);
    if (made < at) return made;
  }
}

describe.each<['unreached' | 'answer lost', string, Subscriber]>([
  ['unreached', 'a connection', subscriber],
  ['answer lost', 'a connection', subscriber],
  ['unreached', 'a flow', flow],
  ['answer lost', 'a flow', flow],
])('with storage %s at any one request of %s', (how, _, who) => {
  test('the same subscribe again makes one subscription that is counted once', async () => {
    const requests = await failingEach(
      how,
      () => Promise.resolve(''),
      async ({ backend }) => {
        await idOf(backend, who, 'one');
      },
      async ({ backend, tables }, __, at) => {
        const id = await idOf(backend, who, 'one');
        expect({ at, id }).toEqual({ at, id: expect.stringMatching(/^sub_/) });
        expect({ at, id: await idOf(backend, who, 'one') }).toEqual({ at, id });
        expect({ at, rows: await drain(tables, 'subscriptions', { partition: { from: '', to: '~' } }) }).toMatchObject({
          at,
          rows: [{ values: { status: 'active', birth: 0 } }],
        });
        expect({ at, other: await idOf(backend, subscriber, 'two') }).toEqual({ at, other: 'subscriptions-exhausted' });
      },
    );
    expect(requests).toBeGreaterThan(5);
  });

  test('the same unsubscribe again leaves nothing, not even in the count', async () => {
    const requests = await failingEach(
      how,
      ({ backend }) => idOf(backend, who, 'one'),
      ({ backend }, id) => backend.unsubscribe('connection-a', trigger, id),
      async (fixture, id, at) => {
        const { backend, tables } = fixture;
        await backend.unsubscribe('connection-a', trigger, id);
        const { views } = await backend.listOwn('connection-a', trigger, { limit: 10 });
        expect({ at, views }).toEqual({ at, views: [] });
        expect({ at, other: await idOf(backend, subscriber, 'two') }).toEqual({
          at,
          other: expect.stringMatching(/^sub_/),
        });
        await fixture.pass(20 * 60_000);
        const rows = await drain(tables, 'subscriptions', { partition: { from: '', to: '~' } });
        expect({ at, rows: rows.length }).toEqual({ at, rows: 1 });
      },
    );
    expect(requests).toBeGreaterThan(3);
  });
});

test('a row without an entry, whose writer came too late, is removed by the reconciler, and others stay', async () => {
  const fixture = memoryBackend();
  const id = await idOf(fixture.backend, flow, 'one');
  const partition = { from: '', to: '~' };
  const [row] = await drain(fixture.tables, 'subscriptions', { partition });
  if (row === undefined) throw new Error('there is no subscription');
  const rowKey = `${row.rowKey.slice(0, -4)}late`;
  const late = { ...row.values, partitionKey: row.partitionKey, rowKey, birth: undefined };
  await fixture.tables.write('subscriptions', [{ kind: 'insert', row: late }]);
  const subscriptionId = id.replace(row.rowKey, rowKey);
  const item = { kind: 'subscribe', subscriptionId, connection: 'connection-a', requestKey: 'another' } as const;
  await workList(fixture.tables, fixture.clock).add(item, fixture.clock.now());
  await fixture.pass(60 * 60_000);
  expect((await drain(fixture.tables, 'subscriptions', { partition })).map((one) => one.rowKey)).toEqual([row.rowKey]);
});
