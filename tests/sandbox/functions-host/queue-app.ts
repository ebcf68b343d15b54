import { QueueClient } from '@azure/storage-queue';
import { sharedAzurite, uniqueName } from '../../helpers/azurite.ts';
import { sendRequest } from './send-request.ts';
import { eventually, startApp } from './start-app.ts';
import type { StartedApp } from './start-app.ts';

export interface Run {
  value: unknown;
  metadata: Record<string, unknown>;
  invocationId: string;
  ended: boolean;
}

export interface QueueApp {
  readonly host: StartedApp;
  readonly queue: QueueClient;
  readonly poison: QueueClient;
  /** Sends the text as it is. */
  readonly sendRaw: (text: string) => Promise<void>;
  /** Sends a message as the app's own code would: JSON in base64. */
  readonly send: (message: unknown) => Promise<void>;
  readonly runs: () => Promise<Run[]>;
  /** Waits until so many runs have begun. */
  readonly runsWhen: (count: number) => Promise<Run[]>;
  /** Waits until the queue holds no message, visible or not. */
  readonly drained: () => Promise<unknown>;
  /** Waits for a message in the poison queue. */
  readonly poisoned: () => Promise<string>;
}

/** Starts the queue app on a queue of its own with these settings of host.json. */
export async function startQueueApp(
  options: {
    queues?: object;
    queueName?: string;
    leaseSeconds?: number;
    graceSeconds?: number;
    /** Sent before the host is started. */
    messages?: readonly unknown[];
    create?: boolean;
    environment?: Record<string, string>;
  } = {},
): Promise<QueueApp> {
  const { queues, queueName = uniqueName('work'), create = true, messages = [], environment, ...rest } = options;
  const { connectionString } = sharedAzurite();
  const queue = new QueueClient(connectionString, queueName);
  const poison = new QueueClient(connectionString, `${queueName}-poison`);
  if (create) await queue.createIfNotExists();
  const sendRaw = async (text: string) => {
    await queue.sendMessage(text);
  };
  const send = (message: unknown) => sendRaw(Buffer.from(JSON.stringify(message)).toString('base64'));
  for (const message of messages) await send(message);
  const host = await startApp('queue-app', {
    ...rest,
    hostJson: { extensions: { queues: { maxPollingInterval: '00:00:00.100', ...queues } } },
    environment: { AzureWebJobsStorage: connectionString, QUEUE: queueName, ...environment },
  });
  const runs = async () => JSON.parse((await sendRequest(host.url, '/api/runs')).body) as Run[];
  return {
    host,
    queue,
    poison,
    sendRaw,
    send,
    runs,
    runsWhen: (count) => eventually(runs, (found) => found.length >= count),
    drained: () =>
      eventually(
        () => messageCount(queue),
        (count) => count === 0,
      ),
    poisoned: async () => {
      await eventually(() => poison.exists(), Boolean);
      const peek = () => poison.peekMessages().then(({ peekedMessageItems }) => peekedMessageItems[0]?.messageText);
      return (await eventually(peek, (text) => text !== undefined)) ?? '';
    },
  };
}

/** Messages in a queue, visible or not. */
export async function messageCount(queue: QueueClient): Promise<number> {
  return (await queue.getProperties()).approximateMessagesCount ?? 0;
}
