import type { Log } from '../log.ts';
import type { QueueDrain } from '../storage/queue-drain.ts';
import type { Queues } from '../storage/queues.ts';
import type { Tables } from '../storage/tables.ts';
import type { StorageSetting } from '../storage-setting.ts';
import { createAzureQueueDrain } from './azure-queue-drain.ts';
import { createAzureQueues } from './azure-queues.ts';
import { createAzureTables } from './azure-tables.ts';
import { createQueues } from './create-queues.ts';
import { openStorageClients } from './storage-clients.ts';

export interface AzureStorage {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly queueDrain: QueueDrain;
  /** Creates missing queues. Never rejects. */
  createQueues(queues: readonly string[]): Promise<void>;
}

/**
 * Creates the ports of one storage account. They share their connections. No connection is opened
 * before the first call.
 */
export function azureStorage(account: StorageSetting, log: Log): AzureStorage {
  const clients = openStorageClients({ account });
  return {
    tables: createAzureTables({ clients }),
    queues: createAzureQueues({ clients }),
    queueDrain: createAzureQueueDrain({ clients }),
    createQueues: (queues) => createQueues({ clients, log }, queues),
  };
}
