import { describe, expect, test } from '@jest/globals';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { callbackCipher } from '../../shared/subscriptions/callback-cipher.ts';
import { rotateCallbacks, type Rotated } from '../../shared/subscriptions/rotate-callbacks.ts';
import { SUBSCRIPTIONS_TABLE } from '../../shared/subscriptions/subscription-row.ts';
import { sharedAzurite } from '../helpers/azurite.ts';
import { callbackUrl } from '../helpers/memory-backend.ts';
import { drain } from '../helpers/rows.ts';
import { uniqueTables } from '../helpers/unique-tables.ts';
import { failingTables } from '../operations/failing-tables.ts';
import { MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const old = { kid: 'old', key: Buffer.alloc(32, 1) };
const fresh = { kid: 'fresh', key: Buffer.alloc(32, 2) };
const trigger = 'segment-threshold-crossed';
const names = ['one', 'two', 'three', 'four', 'five'];
const connection = 'connection-a';

const fixtureWith = (tables: Tables, ...encryptionKeys: (typeof old)[]): SegmentFixture =>
  segmentFixture({ tables, config: { encryptionKeys } });
const rotate = (tables: Tables, ...keys: (typeof old)[]): Promise<Rotated> =>
  rotateCallbacks({ tables, cipher: callbackCipher(keys) });
const rows = (tables: Tables) => drain(tables, SUBSCRIPTIONS_TABLE, { partition: { from: '', to: '~' } });

/**
 * Subscribes a flow of each name, with a threshold of its own: two backends draw the same random
 * numbers. Their ids in that order.
 */
async function subscribed(fixture: SegmentFixture, flows = names): Promise<string[]> {
  const ids: string[] = [];
  for (const name of flows) ids.push((await fixture.flow(name, { threshold: 100 + names.indexOf(name) })).id);
  return ids;
}

/** Who is called by the next event, when there is no key but these. */
async function calledWith(tables: Tables, ...keys: (typeof old)[]): Promise<string[]> {
  const fixture = fixtureWith(tables, ...keys);
  await fixture.rise();
  return fixture.calls.map(({ url }) => url).sort();
}

const urlsOf = (...flows: string[]): string[] => flows.map(callbackUrl).sort();

describe.each<[string, () => Tables]>([
  ['memory', () => createMemoryTables({ rowsPerScan: 2 })],
  ['Azurite', () => uniqueTables(createAzureTables({ clients: openStorageClients({ account: sharedAzurite() }) }))],
])('callback URLs in %s', (_, openTables) => {
  test('once they are rewritten the old key can be removed, and every flow is called as before', async () => {
    const tables = openTables();
    await subscribed(fixtureWith(tables, old));

    expect(await rotate(tables, fresh, old)).toEqual({ rewritten: 5, alreadyNew: 0, unopened: [] });

    expect(await calledWith(tables, fresh)).toEqual(urlsOf(...names));
  });

  test('only what is sealed with another key than the first is written, and nothing else of a row changes', async () => {
    const tables = openTables();
    await subscribed(fixtureWith(tables, old), ['one', 'two']);
    await subscribed(fixtureWith(tables, fresh, old), ['three']);
    const before = await rows(tables);

    expect(await rotate(tables, fresh, old)).toEqual({ rewritten: 2, alreadyNew: 1, unopened: [] });

    const after = await rows(tables);
    const withoutUrl = (stored: typeof before) =>
      stored.map(({ partitionKey, rowKey, values }) => ({ partitionKey, rowKey, ...values, callback: '' }));
    expect(withoutUrl(after)).toEqual(withoutUrl(before));
    expect(await rotate(tables, fresh, old)).toEqual({ rewritten: 0, alreadyNew: 3, unopened: [] });
    expect(await rows(tables)).toEqual(after);
  });

  test('those that no key opens are named and left as they are, and the others are rewritten', async () => {
    const tables = openTables();
    const [one] = await subscribed(fixtureWith(tables, { kid: 'lost', key: Buffer.alloc(32, 3) }), ['one']);
    await subscribed(fixtureWith(tables, old), ['two']);

    const rotated = await rotate(tables, fresh, old);

    const reason = 'a callback URL cannot be decrypted (key lost): CALLBACK_ENCRYPTION_KEYS has no such key';
    expect(rotated).toEqual({ rewritten: 1, alreadyNew: 0, unopened: [{ subscription: one, reason }] });
    expect(await calledWith(tables, fresh, { kid: 'lost', key: Buffer.alloc(32, 3) })).toEqual(urlsOf('one', 'two'));
  });

  test('subscriptions that are made, paused and ended meanwhile stay so', async () => {
    const tables = openTables();
    const app = fixtureWith(tables, fresh, old);
    const [one = '', two = '', three = ''] = await subscribed(fixtureWith(tables, old), ['one', 'two', 'three']);
    // Each comes between the read of its row and the write, whichever row is the first to be
    // written.
    const meanwhile = onceBeforeAWrite(tables, async () => {
      await app.backend.unsubscribe(connection, trigger, one);
      app.answers.set(callbackUrl('two'), () => ({
        kind: 'answered',
        status: 400,
        errorCode: 'WorkflowTriggerIsNotEnabled',
        durationMs: 1,
      }));
      await app.rise();
      await subscribed(app, ['four']);
    });

    const { unopened } = await rotate(meanwhile, fresh, old);

    expect(unopened).toEqual([]);
    const { backend } = fixtureWith(tables, fresh);
    expect(await backend.getOwn(connection, trigger, one)).toMatchObject({ kind: 'refused' });
    expect(await backend.getOwn(connection, trigger, two)).toMatchObject({ view: { status: 'paused' } });
    expect(await backend.getOwn(connection, trigger, three)).toMatchObject({ view: { status: 'active' } });
    expect((await rows(tables)).flatMap(({ values }) => values['callback'] ?? []).map(kidOf)).not.toContain('old');
    const last = fixtureWith(tables, fresh);
    await last.clock.advance(10 * MINUTE);
    await last.rise();
    expect(last.calls.map(({ url }) => url).sort()).toEqual(urlsOf('three', 'four'));
  });
});

test('without the old key nothing that was not rewritten can be called', async () => {
  const tables = createMemoryTables();
  await subscribed(fixtureWith(tables, old));

  expect(await calledWith(tables, fresh)).toEqual([]);
  expect((await rotate(tables, fresh)).unopened).toHaveLength(5);
});

test('another key under the name of the first one is found out', async () => {
  const tables = createMemoryTables();
  await subscribed(fixtureWith(tables, old), ['one']);

  expect(await rotate(tables, { kid: 'old', key: fresh.key })).toMatchObject({
    alreadyNew: 0,
    unopened: [{ reason: expect.stringContaining('encrypted with another key') as unknown }],
  });
});

test('a run that breaks off anywhere leaves every URL readable, and the next one finishes it', async () => {
  const tables = failingTables();
  for (let broken = 0; broken <= 20; broken++) {
    tables.reset();
    await subscribed(fixtureWith(tables, old));
    tables.failAfter(broken);
    const first = await rotate(tables, fresh, old).catch(() => 'broken off');
    tables.failAfter(Infinity);
    if (first !== 'broken off') {
      expect(broken).toBe(6);
      return;
    }
    const { rewritten, alreadyNew, unopened } = await rotate(tables, fresh, old);
    expect({ all: rewritten + alreadyNew, unopened }).toEqual({ all: 5, unopened: [] });
    expect(await calledWith(tables, fresh)).toEqual(urlsOf(...names));
  }
  throw new Error('never came through');
});

function kidOf(sealed: unknown): string | undefined {
  return String(sealed).split('.')[0];
}

/** The tables, but something happens before the first write of whoever uses these. */
function onceBeforeAWrite(tables: Tables, happen: () => Promise<void>): Tables {
  let happened: Promise<void> | undefined;
  return {
    ...tables,
    write: async (table, writes) => {
      await (happened ??= happen());
      return tables.write(table, writes);
    },
  };
}
