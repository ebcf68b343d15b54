import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import type { RequestPolicy } from '../../shared/azure/storage-clients.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { insert, row } from '../helpers/rows.ts';
import { startStorageProxy } from '../helpers/storage-proxy.ts';
import type { Fate, ProxiedRequest, StorageProxy } from '../helpers/storage-proxy.ts';

const BUSY: Fate = { status: 503, code: 'ServerBusy' };

/** Storage that works. */
const calm = openStorageClients({ account: sharedAzurite() });
const tables = createAzureTables({ clients: calm });
const queues = createAzureQueues({ clients: calm });

let proxy: StorageProxy | undefined;
afterEach(() => proxy?.stop());

/** The same storage, through a proxy that decides what becomes of each request. */
async function throughFaults(
  decide: (request: ProxiedRequest) => Fate,
  timeoutMs?: number,
): Promise<{ tables: Tables; queues: Queues; proxy: StorageProxy }> {
  proxy = await startStorageProxy(sharedAzurite(), decide);
  const clients = openStorageClients({ account: proxy, ...(timeoutMs !== undefined && { timeoutMs }) });
  return { tables: createAzureTables({ clients }), queues: createAzureQueues({ clients }), proxy };
}

const first =
  (fate: Fate) =>
  ({ number }: ProxiedRequest): Fate =>
    number === 1 ? fate : 'pass';

describe('a request that met a busy service is repeated unseen', () => {
  test('for a write', async () => {
    const table = uniqueName('failures');
    await tables.write(table, [insert('a')]);
    const through = await throughFaults(first(BUSY));
    expect(await through.tables.write(table, [insert('b')])).toMatchObject({ kind: 'written' });
    expect(through.proxy.requests).toHaveLength(2);
  });

  test('for a transaction with a conditional deletion', async () => {
    const table = uniqueName('failures');
    const written = await tables.write(table, [insert('a'), insert('b')]);
    const [etag = ''] = written.kind === 'written' ? written.etags : [];
    await tables.write(table, [{ kind: 'upsert', row: row('b') }]);
    const through = await throughFaults(({ number }) => (number === 2 ? 'pass' : BUSY));
    const stale = await through.tables.write(table, [insert('c'), { kind: 'delete', row: row('b'), etag }]);
    expect(stale).toEqual({ kind: 'conflict', reason: 'changed', index: 1 });
    expect(through.proxy.requests).toHaveLength(2);
  });

  test('for a message', async () => {
    const queue = uniqueName('failures');
    await queues.send(queue, { n: 1 });
    const through = await throughFaults(first(BUSY));
    await through.queues.send(queue, { n: 2 });
    expect(through.proxy.requests).toHaveLength(2);
    expect(await queues.length(queue)).toBe(2);
  });
});

describe('a write whose answer was lost is made again', () => {
  test('so an insert may meet the row that it inserted itself', async () => {
    const table = uniqueName('failures');
    await tables.write(table, [insert('a')]);
    const through = await throughFaults(first('lose the answer'));
    const result = await through.tables.write(table, [insert('b', { writer: 'me' })]);
    expect(result).toEqual({ kind: 'conflict', reason: 'exists', index: 0 });
    expect((await tables.get(table, 'p', 'b'))?.values).toEqual({ writer: 'me' });
  });

  test('so a replacement may meet the row that it wrote itself', async () => {
    const table = uniqueName('failures');
    const written = await tables.write(table, [insert('a', { n: 1 }), insert('b')]);
    const [etag = ''] = written.kind === 'written' ? written.etags : [];
    const through = await throughFaults(first('lose the answer'));
    const writes = [
      { kind: 'replace', row: row('a', { n: 2 }), etag },
      { kind: 'upsert', row: row('c') },
    ] as const;
    expect(await through.tables.write(table, writes)).toEqual({ kind: 'conflict', reason: 'changed', index: 0 });
    expect((await tables.get(table, 'p', 'a'))?.values).toEqual({ n: 2 });
  });

  test('so a message may be sent twice', async () => {
    const queue = uniqueName('failures');
    await queues.send(queue, {});
    const through = await throughFaults(first('lose the answer'));
    await through.queues.send(queue, {});
    expect(await queues.length(queue)).toBe(3);
  });
});

describe('a storage error', () => {
  test('ends what was busy three times', async () => {
    const through = await throughFaults(() => BUSY);
    await expect(through.tables.get('failures', 'p', 'r')).rejects.toThrow('tables.get failures: 503 ServerBusy');
    expect(through.proxy.requests).toHaveLength(3);
    await expect(through.queues.length('failures')).rejects.toThrow('queues.length failures: 503 ServerBusy');
    expect(through.proxy.requests).toHaveLength(6);
  });

  test('names what storage has said, and the id of the request', async () => {
    const table = uniqueName('failures');
    const account = { connectionString: sharedAzurite().connectionString.replace('AccountKey=E', 'AccountKey=F') };
    const stranger = openStorageClients({ account });
    await expect(createAzureTables({ clients: stranger }).get(table, 'p', 'r')).rejects.toThrow(
      /^tables\.get failures\w+: 403 \w+ request [0-9a-f-]{36}$/,
    );
    await expect(createAzureQueues({ clients: stranger }).send(table, {})).rejects.toThrow(
      /^queues\.send failures\w+: 403 \w+/,
    );
  });

  test('is given when nobody listens', async () => {
    const through = await throughFaults(() => 'pass');
    await through.proxy.stop();
    await expect(through.tables.write('failures', [insert('r')])).rejects.toThrow(
      'tables.write failures: ECONNREFUSED',
    );
    await expect(through.queues.send('failures', {})).rejects.toThrow('queues.send failures: ECONNREFUSED');
  });

  test.each<[string, (through: { tables: Tables; queues: Queues }) => Promise<unknown>]>([
    ['tables.get failures', (through) => through.tables.get('failures', 'p', 'r')],
    ['tables.query failures', (through) => through.tables.query('failures', { partition: 'p' })],
    ['tables.write failures', (through) => through.tables.write('failures', [insert('r')])],
    ['tables.write failures', (through) => through.tables.write('failures', [insert('r'), insert('s')])],
    ['tables.tableNames', (through) => through.tables.tableNames('failures')],
    ['tables.dropTable failures', (through) => through.tables.dropTable('failures')],
    ['queues.send failures', (through) => through.queues.send('failures', {})],
    ['queues.length failures', (through) => through.queues.length('failures')],
    ['queues.peek failures', (through) => through.queues.oldestSentAt('failures')],
  ])('is given when storage does not answer to %s', async (call, ask) => {
    const through = await throughFaults(() => 'hang', 100);
    await expect(ask(through)).rejects.toThrow(`${call}: timed out`);
    expect(through.proxy.requests).toHaveLength(1);
  });

  test('is given while a table is being deleted', async () => {
    const through = await throughFaults(({ url }) =>
      url.pathname.endsWith('/Tables')
        ? { status: 409, code: 'TableBeingDeleted' }
        : { status: 404, code: 'TableNotFound' },
    );
    await expect(through.tables.write('failures', [insert('r')])).rejects.toThrow('409 TableBeingDeleted');
    expect(await through.tables.get('failures', 'p', 'r')).toBeUndefined();
  });

  test('is given when a transaction fails for a reason that is no conflict', async () => {
    const through = await throughFaults(() => ({ status: 400, code: 'InvalidInput' }));
    await expect(through.tables.write('failures', [insert('r'), insert('s')])).rejects.toThrow('400 InvalidInput');
  });

  test('has what broke before any request as its cause', async () => {
    const noToken = new Error('no token');
    const policyFor = (): RequestPolicy => ({ name: 'noToken', sendRequest: () => Promise.reject(noToken) });
    const clients = openStorageClients({ account: sharedAzurite(), policyFor });
    const asked = createAzureTables({ clients }).get('failures', 'p', 'r');
    await expect(asked).rejects.toMatchObject({ message: 'tables.get failures: Error', cause: noToken });
  });

  test('holds nothing of the row or the message, and no key', async () => {
    const through = await throughFaults(() => BUSY);
    const errors = await Promise.all([
      through.tables.write('failures', [insert('r', { text: 'a secret' })]).catch((error: unknown) => error),
      through.tables
        .write('failures', [insert('r', { text: 'a secret' }), insert('s')])
        .catch((error: unknown) => error),
      through.queues.send('failures', { text: 'a secret' }).catch((error: unknown) => error),
    ]);
    for (const error of errors) {
      expect(error).toBeInstanceOf(StorageError);
      const shown = inspect(error, { depth: Infinity, showHidden: true });
      expect(shown).not.toMatch(/a secret|SharedKey|AccountKey/);
    }
  });
});

test('dropping a table that is being deleted is nothing to do', async () => {
  const through = await throughFaults(() => ({ status: 409, code: 'TableBeingDeleted' }));
  await through.tables.dropTable('failures');
  expect(through.proxy.requests).toHaveLength(1);
});
