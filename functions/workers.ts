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

const connection = 'AzureWebJobsStorage';
/** Old subscriptions and instances are no hurry. */
const SWEEP_SCHEDULE = '0 7 * * * *';

/** Timers and queue functions. Names of functions are addresses for operators (`admin/functions/{name}`): they stay. */
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
    handler: taking(validatePollMessage, (message) => backend.pollInstance(message)),
  });
  app.storageQueue('deliver', {
    queueName: DELIVERIES_QUEUE,
    connection,
    handler: taking(validateChunkMessage, (message) => backend.deliverChunk(message)),
  });
  app.storageQueue('retry', {
    queueName: RETRIES_QUEUE,
    connection,
    handler: taking(validateRetriesMessage, (message) => backend.handleRetriesMessage(message)),
  });
}

/**
 * What returning and throwing mean to a queue: returned, the message is deleted; thrown, it is shown again and after five times goes to
 * the poison queue. Expected failures of a delivery return. A message that is none throws: it is a bug, or a newer version's.
 */
function taking<T>(validate: Validator<T>, work: (message: T) => Promise<void>): StorageQueueHandler {
  return async (entry: unknown) => {
    const message = validate(entry);
    if (message.kind === 'invalid') throw new Error(`not a message of this queue: ${JSON.stringify(message.errors)}`);
    await work(message.value);
  };
}
