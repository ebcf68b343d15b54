import { expect, test } from '@jest/globals';
import { QueueServiceClient } from '@azure/storage-queue';
import { eventually } from '../sandbox/functions-host/start-app.ts';
import { startBackend, storage } from './start-backend.ts';

test('the queues are there as soon as the app has started, before anything is sent', async () => {
  const service = QueueServiceClient.fromConnectionString(storage().connectionString);
  await startBackend();
  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name } of service.listQueues()) found.push(name);
    return found.sort();
  };
  await eventually(names, ({ length }) => length >= 3);
  expect(await names()).toEqual(['deliveries', 'polls', 'retries']);
});

test('an app whose storage is away starts, and says that it could not make them', async () => {
  const nowhere = 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;QueueEndpoint=http://127.0.0.1:9/a;';
  const settings = { AzureWebJobsStorage: `${nowhere}TableEndpoint=http://127.0.0.1:9/a;` };
  const backend = await startBackend({ settings });
  await eventually(
    () => Promise.resolve(backend.lines.join('\n')),
    (lines) => lines.includes('queues.not-created'),
  );
});
