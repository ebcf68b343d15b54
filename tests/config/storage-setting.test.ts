import { expect, test } from '@jest/globals';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { readConfig } from '../../shared/config.ts';

const KEY = Buffer.alloc(64, 1).toString('base64');
const others = { CALLBACK_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}` };

test.each([
  'UseDevelopmentStorage=true',
  'UseDevelopmentStorage=true;',
  `DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
  `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${KEY};BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:2/a;TableEndpoint=http://127.0.0.1:3/a;`,
  'BlobEndpoint=https://contoso.blob.core.windows.net/;QueueEndpoint=https://contoso.queue.core.windows.net/;TableEndpoint=https://contoso.table.core.windows.net/;SharedAccessSignature=sv=2019-02-02&sig=a%2Fb%3D',
])('the storage connection string %s is taken, and clients can be made from it', (connectionString) => {
  const read = readConfig({ ...others, AzureWebJobsStorage: connectionString });
  expect(read.kind).toBe('valid');
  const clients = openStorageClients({ account: { connectionString } });
  expect(() => [clients.table('state'), clients.tableSender('state'), clients.queue('polls')]).not.toThrow();
});

test.each([
  'garbage',
  'AccountName=contoso',
  'usedevelopmentstorage=true',
  `AccountName=contoso;AccountKey=${KEY}`,
  'AccountName=contoso;AccountKey=not base64!',
  `DefaultEndpointsProtocol=https;AccountName=;AccountKey=${KEY}`,
  `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${KEY};TableEndpoint=nowhere`,
  'SharedAccessSignature=sv=1',
])('the storage connection string %s is a setting at fault, and not repeated', (connectionString) => {
  const read = readConfig({ ...others, AzureWebJobsStorage: connectionString });
  expect(read).toEqual({
    kind: 'invalid',
    faults: [
      {
        setting: 'AzureWebJobsStorage',
        message: 'must be a storage connection string (or use AzureWebJobsStorage__accountName)',
      },
    ],
  });
});

/** How storage may be named without a connection string, and where each leads. */
const names: [form: string, environment: Record<string, string>, queue: string, table: string][] = [
  [
    'the name of an account',
    { AzureWebJobsStorage__accountName: 'acme' },
    'https://acme.queue.core.windows.net',
    'https://acme.table.core.windows.net',
  ],
  [
    'the end points of another cloud, as the template of infra/ names them',
    {
      AzureWebJobsStorage__blobServiceUri: 'https://acme.blob.core.usgovcloudapi.net/',
      AzureWebJobsStorage__queueServiceUri: 'https://acme.queue.core.usgovcloudapi.net/',
      AzureWebJobsStorage__tableServiceUri: 'https://acme.table.core.usgovcloudapi.net/',
    },
    'https://acme.queue.core.usgovcloudapi.net',
    'https://acme.table.core.usgovcloudapi.net',
  ],
  [
    'an account with an end point of one service, which outweighs the name',
    {
      AzureWebJobsStorage__accountName: 'acme',
      AzureWebJobsStorage__tableServiceUri: 'https://acme.z01.table.storage.azure.net',
    },
    'https://acme.queue.core.windows.net',
    'https://acme.z01.table.storage.azure.net',
  ],
];

test.each(names)('%s leads to its end points', (_, environment, queue, table) => {
  const read = readConfig({ ...others, ...environment });
  expect(read).toMatchObject({
    kind: 'valid',
    config: { storage: { queueServiceUri: queue, tableServiceUri: table } },
  });
  if (read.kind === 'invalid') return;
  const clients = openStorageClients({ account: read.config.storage });
  expect(clients.tableService.url).toBe(table);
  expect(clients.table('state').url).toBe(table);
  expect(clients.queue('polls').url).toBe(`${queue}/polls`);
});

test.each(names)('a connection string outweighs %s', (_, environment) => {
  const connectionString = 'UseDevelopmentStorage=true';
  const read = readConfig({ ...others, ...environment, AzureWebJobsStorage: connectionString });
  expect(read).toMatchObject({ kind: 'valid', config: { storage: { connectionString } } });
});

test.each<[Record<string, string>, string, RegExp]>([
  [{ accountName: 'https://S3CR3T' }, 'accountName', /3 to 24/],
  [
    { queueServiceUri: 'https://a.queue.example' },
    'tableServiceUri',
    /required with AzureWebJobsStorage__queueServiceUri/,
  ],
  [
    { tableServiceUri: 'https://a.table.example' },
    'queueServiceUri',
    /required with AzureWebJobsStorage__tableServiceUri/,
  ],
  [{ accountName: 'acme', queueServiceUri: 'http://S3CR3T' }, 'queueServiceUri', /https/],
  [{ accountName: 'acme', tableServiceUri: 'S3CR3T' }, 'tableServiceUri', /URL/],
  [{ accountName: 'acme', tableServiceUri: 'https://a.table.example?sig=S3CR3T' }, 'tableServiceUri', /URL/],
])('%j is a fault of %s, and is not repeated', (named, setting, message) => {
  const prefixed = Object.entries(named).map(([name, value]) => [`AzureWebJobsStorage__${name}`, value]);
  const read = readConfig({ ...others, ...(Object.fromEntries(prefixed) as Record<string, string>) });
  expect(read).toEqual({
    kind: 'invalid',
    faults: [{ setting: `AzureWebJobsStorage__${setting}`, message: expect.stringMatching(message) }],
  });
  expect(JSON.stringify(read)).not.toContain('S3CR3T');
});
