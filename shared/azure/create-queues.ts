import { allDone } from '../all-done.ts';
import type { Log } from '../log.ts';
import type { StorageClients } from './storage-clients.ts';
import { storageCall } from './storage-failure.ts';

/**
 * Creates the queues that do not exist yet. The functions host logs a warning every second for a
 * missing queue that it listens to. Never rejects, because the app must start while storage is
 * unavailable. A queue that could not be created here is created by the first send.
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
