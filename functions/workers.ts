import type { StorageQueueHandler } from '@azure/functions';
import type { Backend } from '../shared/backend.ts';
import type { Config } from '../shared/config.ts';
import {
  DELIVERIES_QUEUE,
  POLLS_QUEUE,
  RETRIES_QUEUE,
  validateChunkMessage,
  validatePollMessage,
  validateRetriesMessage,
} from '../shared/deliveries/messages.ts';
import type { Validator } from '../shared/validation.ts';
import type { Registrar } from './registrar.ts';

/** The setting in which the host finds the storage of the queues. */
const connection = 'AzureWebJobsStorage';
/** `sweep` is cleanup, which is not urgent, so it runs hourly. */
const SWEEP_SCHEDULE = '0 7 * * * *';

/**
 * Registers timers and queue functions. Operators call functions by name
 * (`admin/functions/{name}`), so the names must not change.
 */
export function registerWorkers(
  app: Registrar,
  backend: Backend,
  { pollSchedule, reconcileSchedule }: Pick<Config, 'pollSchedule' | 'reconcileSchedule'>,
): void {
  app.timer('schedule-polls', { schedule: pollSchedule, handler: () => backend.schedulePolls() });
  app.timer('reconcile', { schedule: reconcileSchedule, handler: () => backend.reconcile() });
  app.timer('sweep', { schedule: SWEEP_SCHEDULE, handler: () => backend.sweep() });
  app.storageQueue('poll-instance', {
    queueName: POLLS_QUEUE,
    connection,
    handler: messageHandler(validatePollMessage, (message) => backend.pollInstance(message)),
  });
  app.storageQueue('deliver', {
    queueName: DELIVERIES_QUEUE,
    connection,
    handler: messageHandler(validateChunkMessage, (message) => backend.deliverChunk(message)),
  });
  app.storageQueue('retry', {
    queueName: RETRIES_QUEUE,
    connection,
    handler: messageHandler(validateRetriesMessage, (message) => backend.handleRetriesMessage(message)),
  });
}

/**
 * Creates the handler of a queue. When the handler returns, the host deletes the message. When it
 * throws, the host makes the message visible again, and moves it to the poison queue after five
 * tries. An HTTP error from a flow does not make the handler throw, because it is an expected
 * outcome. An invalid message does, because it comes from a bug or from a newer version.
 */
function messageHandler<T>(validate: Validator<T>, work: (message: T) => Promise<void>): StorageQueueHandler {
  return async (entry: unknown) => {
    const message = validate(entry);
    if (message.kind === 'invalid')
      throw new Error(`invalid message for this queue: ${JSON.stringify(message.errors)}`);
    await work(message.value);
  };
}
