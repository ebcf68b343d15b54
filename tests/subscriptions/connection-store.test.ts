import { beforeEach, describe, expect, test } from '@jest/globals';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { callbackCipher } from '../../shared/subscriptions/callback-cipher.ts';
import { connectionStore, type ConnectionStore } from '../../shared/subscriptions/connection-store.ts';
import { draftOf, newRowKey, requestKeyOf } from '../../shared/subscriptions/subscription-draft.ts';
import type { Subscription } from '../../shared/subscriptions/subscription.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

const cipher = callbackCipher([{ kid: 'test', key: Buffer.alloc(32, 7) }]);

describe.each<[string, () => Tables]>([
  ['memory', createMemoryTables],
  ['Azurite', () => createAzureTables({ clients: openStorageClients({ account: sharedAzurite() }) })],
])('the subscriptions of a connection in %s', (_, openTables) => {
  let store: ConnectionStore;
  let connection: string;
  beforeEach(() => {
    store = connectionStore(openTables());
    connection = uniqueName('connection');
  });

  let made = 0;
  /**
   * A subscription of the connection as it is before it is stored: the same `name` is the same
   * request, and another id.
   */
  const draft = (name: string, trigger: Trigger = 'full-refresh-completed'): Subscription => {
    const subject = { trigger, instanceId: INSTANCE, name: '*' };
    const request = { instanceId: INSTANCE, callbackUrl: `https://flows.example.org/${name}` };
    const subscriber = { connection, workflowId: 'flow', operationName: undefined, environmentId: undefined };
    made += 1;
    const rowKey = newRowKey(undefined, String(made).padStart(16, '0'));
    return { ...draftOf({ subscriber, subject, request, rowKey }, { cipher, nowMs: 0 }), etag: 'none yet' };
  };
  const claim = (
    { trigger, requestKey, id }: Subscription,
    { max = 1000, ...terms }: Partial<Parameters<ConnectionStore['claimRequest']>[1]> = {},
  ): Promise<string> =>
    store
      .claimRequest({ connection, trigger, requestKey, subscriptionId: id }, { willSupersede: false, max, ...terms })
      .then(({ kind }) => kind);
  const entryOf = ({ trigger, requestKey }: Subscription): ReturnType<ConnectionStore['findRequest']> =>
    store.findRequest(connection, trigger, requestKey);
  const tally = (results: readonly string[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const result of results) counts[result] = (counts[result] ?? 0) + 1;
    return counts;
  };

  test('a request that is taken is found, as not made until it is complete', async () => {
    const one = draft('one');
    expect(await entryOf(one)).toBeUndefined();
    expect(await claim(one)).toBe('claimed');
    expect(await entryOf(one)).toMatchObject({ subscriptionId: one.id, isComplete: false });
    await store.complete(one, undefined);
    expect(await entryOf(one)).toMatchObject({ subscriptionId: one.id, isComplete: true });
  });

  test('as many requests as a connection may have are granted when they come at once, and not one more', async () => {
    const results = await Promise.all(Array.from({ length: 45 }, (__, n) => claim(draft(`flow ${n}`), { max: 40 })));
    expect(tally(results)).toEqual({ claimed: 40, full: 5 });
    const { subscriptionIds } = await store.list(connection, 'full-refresh-completed', { limit: 100 });
    expect(subscriptionIds).toHaveLength(40);
  });

  test('of claims to one request at once one is granted, and counted once', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => claim(draft('same'))));
    expect(tally(results)).toEqual({ claimed: 1, conflict: 9 });
    expect(await claim(draft('second'), { max: 2 })).toBe('claimed');
    expect(await claim(draft('third'), { max: 2 })).toBe('full');
  });

  test('a forgotten subscription lowers the count once, however often and at once it is forgotten', async () => {
    const [one, two] = [draft('one'), draft('two')];
    await claim(one);
    await claim(two);
    await Promise.all([store.forget(one), store.forget(one), store.forget(one)]);
    await store.forget(one);
    expect(await entryOf(one)).toBeUndefined();
    expect(await claim(draft('three'), { max: 2 })).toBe('claimed');
    expect(await claim(draft('four'), { max: 2 })).toBe('full');
  });

  test('the count stays exact while others are forgotten and claimed at once', async () => {
    const old = Array.from({ length: 10 }, (__, n) => draft(`old ${n}`));
    await Promise.all(old.map((each) => claim(each)));
    await Promise.all(old.flatMap((each, n) => [store.forget(each), claim(draft(`new ${n}`))]));
    const results = await Promise.all(Array.from({ length: 5 }, (__, n) => claim(draft(`more ${n}`), { max: 13 })));
    expect(tally(results)).toEqual({ claimed: 3, full: 2 });
  });

  test('a subscription that was never there is forgotten without a trace', async () => {
    await claim(draft('one'));
    await store.forget(draft('two'));
    expect(await claim(draft('three'), { max: 1 })).toBe('full');
  });

  test('the entry of a later subscription to the same request outlives the earlier one', async () => {
    const [earlier, later] = [draft('same'), draft('same')];
    await claim(earlier);
    const replaces = await entryOf(earlier);
    expect(await claim(later, { ...(replaces && { replaces }), max: 1 })).toBe('claimed');
    await store.forget(earlier);
    expect(await entryOf(later)).toMatchObject({ subscriptionId: later.id });
    expect(await claim(draft('other'), { max: 1 })).toBe('full');
  });

  test('an entry that changed since it was read is not replaced', async () => {
    const [first, second, third] = [draft('same'), draft('same'), draft('same')];
    await claim(first);
    const replaces = await entryOf(first);
    expect(await claim(second, { ...(replaces && { replaces }) })).toBe('claimed');
    expect(await claim(third, { ...(replaces && { replaces }) })).toBe('conflict');
  });

  test('the save of a flow replaces the one before in the count too', async () => {
    const [before, after] = [draft('version 1'), draft('version 2')];
    await claim(before, { max: 1 });
    await store.complete(before, undefined);
    expect(await claim(after, { willSupersede: true, max: 1 })).toBe('claimed');
    await store.complete(after, before);
    expect(await entryOf(before)).toBeUndefined();
    expect(await claim(draft('other'), { max: 1 })).toBe('full');
    await store.forget(after);
    expect(await claim(draft('other'), { max: 1 })).toBe('claimed');
  });

  test('saves of one flow are listed in the order of their claims', async () => {
    const saves = Array.from({ length: 3 }, (__, n) => draft(`version ${n}`));
    const [first] = saves;
    const key = first?.workflowKey ?? '';
    for (const save of saves) {
      const entry = await store.findWorkflow(connection, save.trigger, key);
      expect(await claim(save, { workflow: { key, entry } })).toBe('claimed');
      expect(await claim(draft('too late'), { workflow: { key, entry } })).toBe('conflict');
    }
    const [one, two, three] = saves.map(({ id }) => id);
    expect(await store.findWorkflow(connection, 'full-refresh-completed', key)).toMatchObject({
      subscriptionId: three,
      previous: [one, two],
    });
  });

  test('a list has the subscriptions of its trigger, each on one page', async () => {
    const mine = Array.from({ length: 7 }, (__, n) => draft(`flow ${n}`));
    const others = [draft('flow 0', 'unification-refresh-completed'), draft('x', 'data-source-refresh-failed')];
    await Promise.all([...mine, ...others].map((each) => claim(each)));
    const listed: string[] = [];
    let next: string | undefined;
    do {
      const page = await store.list(connection, 'full-refresh-completed', {
        limit: 3,
        ...(next !== undefined && { next }),
      });
      expect(page.subscriptionIds.length).toBeLessThanOrEqual(3);
      listed.push(...page.subscriptionIds);
      next = page.next;
    } while (next !== undefined);
    expect(listed.sort()).toEqual(mine.map(({ id }) => id).sort());
  });

  test('connections do not see each other', async () => {
    const mine = draft('same');
    await claim(mine, { max: 1 });
    const another = uniqueName('connection');
    expect(await store.findRequest(another, mine.trigger, mine.requestKey)).toBeUndefined();
    connection = another;
    expect(await claim(draft('same'), { max: 1 })).toBe('claimed');
  });
});

test('a request is known by its instance, subject, threshold and callback URL', () => {
  const subject = { trigger: 'segment-threshold-crossed', instanceId: INSTANCE, name: 'a' } as const;
  const request = { instanceId: INSTANCE, callbackUrl: 'https://flows.example.org/', threshold: 1 };
  const keys = [
    requestKeyOf(subject, request),
    requestKeyOf({ ...subject, instanceId: INSTANCE.replaceAll('1', '9') }, request),
    requestKeyOf({ ...subject, name: 'b' }, request),
    requestKeyOf(subject, { ...request, threshold: 2 }),
    requestKeyOf(subject, { ...request, callbackUrl: 'https://flows.example.org/?' }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(requestKeyOf(subject, { ...request, label: 'a label' })).toBe(keys[0]);
});
