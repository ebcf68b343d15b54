import { expect, test } from '@jest/globals';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { startStorageProxy } from '../helpers/storage-proxy.ts';

test('end points are reached as they are given', () => {
  const account = {
    queueServiceUri: 'https://acme.queue.core.windows.net',
    tableServiceUri: 'https://acme.table.core.windows.net',
  };
  const clients = openStorageClients({ account });
  expect(clients.tableService.url).toBe('https://acme.table.core.windows.net');
  expect(clients.table('state').url).toBe('https://acme.table.core.windows.net');
  expect(clients.queue('polls').url).toBe('https://acme.queue.core.windows.net/polls');
});

test.each([
  [
    'UseDevelopmentStorage=true',
    'http://127.0.0.1:10002/devstoreaccount1',
    'http://127.0.0.1:10001/devstoreaccount1/polls',
  ],
  [
    'DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=a2V5;EndpointSuffix=core.chinacloudapi.cn',
    'https://acme.table.core.chinacloudapi.cn',
    'https://acme.queue.core.chinacloudapi.cn/polls',
  ],
])('the connection string %s leads to its own endpoints', (connectionString, tables, queue) => {
  const clients = openStorageClients({ account: { connectionString } });
  expect(clients.tableService.url).toBe(tables);
  expect(clients.table('state').url).toBe(tables);
  expect(clients.queue('polls').url).toBe(queue);
});

test('a malformed connection string is refused at once', () => {
  expect(() => openStorageClients({ account: { connectionString: 'AccountName=acme' } })).toThrow();
});

test('a table or queue has one client', () => {
  const clients = openStorageClients({ account: sharedAzurite() });
  expect(clients.table('state')).toBe(clients.table('state'));
  expect(clients.table('state')).not.toBe(clients.table('limits'));
  expect(clients.queue('polls')).toBe(clients.queue('polls'));
  expect(clients.queue('polls')).not.toBe(clients.queue('retries'));
});

test('every request names its caller', async () => {
  const proxy = await startStorageProxy(sharedAzurite());
  const clients = openStorageClients({ account: proxy });
  const table = uniqueName('agent');
  const keys = { partitionKey: 'p', rowKey: 'r' };
  await createAzureTables({ clients }).write(table, [{ kind: 'insert', row: keys }]);
  await createAzureTables({ clients }).write(table, [
    { kind: 'delete', row: keys, etag: '*' },
    { kind: 'insert', row: { ...keys, rowKey: 's' } },
  ]);
  await createAzureQueues({ clients }).send(table, {});
  await proxy.stop();
  const agents = proxy.requests.map(({ headers }) => headers['user-agent']?.split(' ')[0]);
  expect(agents).toEqual(Array.from({ length: 7 }, () => 'customer-insights-triggers'));
});
