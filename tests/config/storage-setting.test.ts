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
])('the storage connection string %s is taken, and clients can be made from it', (connectionString) => {
  const read = readConfig({ ...others, AzureWebJobsStorage: connectionString });
  expect(read.kind).toBe('valid');
  const clients = openStorageClients({ account: { connectionString } });
  expect(() => [clients.table('state'), clients.queue('polls')]).not.toThrow();
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
