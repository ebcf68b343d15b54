import type { Clock } from '../clock.ts';
import { checkQueue, outgoingMessage, waitsSince } from './queue-limits.ts';
import type { Queues } from './queues.ts';
import { toPromise } from './to-promise.ts';

/** A message as a receiver gets it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly message: unknown;
  /** How many times the message has been received, including this time. */
  readonly dequeueCount: number;
  /** Proves that this receiver was the last one to receive the message. */
  readonly receipt: string;
}

export interface WaitingMessage {
  readonly id: string;
  readonly message: unknown;
  readonly dequeueCount: number;
  readonly visibleAt: number;
  /** Absent when the message never expires. */
  readonly expiresAt?: number;
}

/**
 * In-memory queues, with a receiving side for tests and simulations. Methods without `nowMs` read
 * the time from `clock`.
 */
export interface MemoryQueues extends Queues {
  /**
   * Receives the message that has been visible longest, if any, and hides it for `leaseMs` (default
   * 10 minutes).
   */
  receive(queue: string, nowMs: number, leaseMs?: number): ReceivedMessage | undefined;
  /**
   * Makes a message visible again after `inMs`, as the functions host does when a handler fails.
   * Returns false when the message has expired or was received again since.
   */
  showAgain(queue: string, received: Pick<ReceivedMessage, 'id' | 'receipt'>, nowMs: number, inMs: number): boolean;
  /** Deletes a message. Returns false when the message has expired or was received again since. */
  delete(queue: string, received: Pick<ReceivedMessage, 'id' | 'receipt'>): boolean;
  /** All messages, visible or not, in the order in which they become visible. */
  waiting(queue: string): readonly WaitingMessage[];
}

interface StoredMessage {
  readonly id: string;
  readonly json: string;
  readonly sentAt: number;
  readonly expiresAt: number;
  dequeueCount: number;
  visibleAt: number;
}

/** How long the functions host hides a message while processing it. */
const HOST_LEASE_MS = 10 * 60 * 1000;

export function createMemoryQueues({ clock }: { readonly clock: Pick<Clock, 'now'> }): MemoryQueues {
  const queues = new Map<string, StoredMessage[]>();
  let sentSoFar = 0;

  /** The messages that have not expired by `nowMs`, in the order in which they become visible. */
  const unexpired = (queue: string, nowMs: number): StoredMessage[] => {
    checkQueue(queue);
    const messages = (queues.get(queue) ?? []).filter(({ expiresAt }) => expiresAt > nowMs);
    messages.sort((a, b) => a.visibleAt - b.visibleAt);
    queues.set(queue, messages);
    return messages;
  };

  return {
    send: (queue, message, options = {}) =>
      toPromise(() => {
        checkQueue(queue);
        const { json, delaySeconds, timeToLiveSeconds = Infinity } = outgoingMessage(message, options);
        const now = clock.now();
        sentSoFar += 1;
        const stored: StoredMessage = {
          id: String(sentSoFar),
          json,
          sentAt: now,
          dequeueCount: 0,
          visibleAt: now + delaySeconds * 1000,
          expiresAt: now + timeToLiveSeconds * 1000,
        };
        unexpired(queue, now).push(stored);
      }),

    length: (queue) => toPromise(() => unexpired(queue, clock.now()).length),

    oldestSentAt: (queue) =>
      toPromise(() => {
        const now = clock.now();
        const found = unexpired(queue, now).find(({ visibleAt }) => visibleAt <= now);
        return found && waitsSince(found.sentAt, JSON.parse(found.json));
      }),

    receive(queue, nowMs, leaseMs = HOST_LEASE_MS) {
      const found = unexpired(queue, nowMs).find(({ visibleAt }) => visibleAt <= nowMs);
      if (!found) return undefined;
      found.dequeueCount += 1;
      found.visibleAt = nowMs + leaseMs;
      const { id, json, dequeueCount } = found;
      return { id, message: JSON.parse(json) as unknown, dequeueCount, receipt: receiptOf(found) };
    },

    showAgain(queue, { id, receipt }, nowMs, inMs) {
      const found = unexpired(queue, nowMs).find((message) => message.id === id && receiptOf(message) === receipt);
      if (found) found.visibleAt = nowMs + inMs;
      return found !== undefined;
    },

    delete(queue, { id, receipt }) {
      const messages = unexpired(queue, clock.now());
      const index = messages.findIndex((message) => message.id === id && receiptOf(message) === receipt);
      if (index >= 0) messages.splice(index, 1);
      return index >= 0;
    },

    waiting: (queue) =>
      unexpired(queue, clock.now()).map(({ id, json, dequeueCount, visibleAt, expiresAt }) => ({
        id,
        message: JSON.parse(json) as unknown,
        dequeueCount,
        visibleAt,
        ...(expiresAt < Infinity && { expiresAt }),
      })),
  };
}

function receiptOf({ id, dequeueCount }: StoredMessage): string {
  return `${id}/${dequeueCount}`;
}
