import type { ReceivedMessage } from '../../../sandbox/functions-host/queue-message.ts';
import type { TriggerQueue } from '../../../sandbox/functions-host/trigger-queue.ts';

/** A queue of which a test says what it answers; what it does not say does nothing. */
export function fakeQueue(answers: Partial<TriggerQueue>): TriggerQueue {
  return {
    name: 'fake',
    receive: () => Promise.resolve([]),
    hide: () => Promise.resolve({ kind: 'lost' }),
    remove: () => Promise.resolve(),
    sendToPoison: () => Promise.resolve(),
    ...answers,
  };
}

export function fakeMessage(overrides: Partial<ReceivedMessage> = {}): ReceivedMessage {
  const at = new Date(1_700_000_000_000);
  const times = { insertedAt: at, expiresAt: at, nextVisibleAt: at };
  return { id: 'm1', popReceipt: 'first', text: 'text', dequeueCount: 1, ...times, ...overrides };
}
