import { allDone } from '../all-done.ts';
import type { Log } from '../log.ts';
import type { StorageClients } from './storage-clients.ts';
import { storageCall } from './storage-failure.ts';

/**
 * Makes the queues that are not there yet: the host warns every second of one that it listens to and does not find. Never rejects, because
 * an app whose storage is away for now has to start: a send makes its queue too.
 */
export async function createQueues(
  { clients, log }: { readonly clients: StorageClients; readonly log: Log },
  queues: readonly string[],
): Promise<void> {
  const create = (queue: string): Promise<unknown> =>
    storageCall(`queues.create ${queue}`, () =>
      clients.queue(queue).createIfNotExists({ abortSignal: clients.deadline() }),
    );
  try {
    await allDone(queues.map(create));
  } catch (error) {
    log.warn('queues.not-created', { reason: (error as Error).message });
  }
}
