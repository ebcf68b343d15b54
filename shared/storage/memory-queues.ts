import type { Clock } from '../clock.ts';
import { checkQueue, outgoingMessage, waitsSince } from './queue-limits.ts';
import type { Queues } from './queues.ts';
import { toPromise } from './to-promise.ts';

/** A message as the receiver gets it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly message: unknown;
  /** How often it was received, this time included. */
  readonly dequeueCount: number;
  /** Proves that it was this receiver that got it last. */
  readonly receipt: string;
}

export interface WaitingMessage {
  readonly id: string;
  readonly message: unknown;
  readonly dequeueCount: number;
  readonly visibleAt: number;
  /** Absent: never. */
  readonly expiresAt?: number;
}

/** Queues in memory, and the receiving side of them for tests and simulations. Instants are those of `clock`. */
export interface MemoryQueues extends Queues {
  /** The message that has been visible for longest, if any; nobody sees it again for `leaseMs` (10 minutes). */
  receive(queue: string, nowMs: number, leaseMs?: number): ReceivedMessage | undefined;
  /** Shows a message again after `inMs`, as a host does whose handler failed. Whether it was there: see `delete`. */
  showAgain(queue: string, received: Pick<ReceivedMessage, 'id' | 'receipt'>, nowMs: number, inMs: number): boolean;
  /** Whether it was there: no longer when it was received again since, or has expired. */
  delete(queue: string, received: Pick<ReceivedMessage, 'id' | 'receipt'>): boolean;
  /** All messages, visible or not, those that become visible first before the others. */
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

/** How long the functions host hides a message that it works on. */
const HOST_LEASE_MS = 10 * 60 * 1000;

export function createMemoryQueues({ clock }: { readonly clock: Pick<Clock, 'now'> }): MemoryQueues {
  const queues = new Map<string, StoredMessage[]>();
  let sentSoFar = 0;

  /** In the order they become visible; what has expired by `nowMs` is forgotten. */
  const alive = (queue: string, nowMs: number): StoredMessage[] => {
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
        alive(queue, now).push(stored);
      }),

    length: (queue) => toPromise(() => alive(queue, clock.now()).length),

    oldestSentAt: (queue) =>
      toPromise(() => {
        const now = clock.now();
        const found = alive(queue, now).find(({ visibleAt }) => visibleAt <= now);
        return found && waitsSince(found.sentAt, JSON.parse(found.json));
      }),

    receive(queue, nowMs, leaseMs = HOST_LEASE_MS) {
      const found = alive(queue, nowMs).find(({ visibleAt }) => visibleAt <= nowMs);
      if (!found) return undefined;
      found.dequeueCount += 1;
      found.visibleAt = nowMs + leaseMs;
      const { id, json, dequeueCount } = found;
      return { id, message: JSON.parse(json) as unknown, dequeueCount, receipt: receiptOf(found) };
    },

    showAgain(queue, { id, receipt }, nowMs, inMs) {
      const found = alive(queue, nowMs).find((message) => message.id === id && receiptOf(message) === receipt);
      if (found) found.visibleAt = nowMs + inMs;
      return found !== undefined;
    },

    delete(queue, { id, receipt }) {
      const messages = alive(queue, clock.now());
      const index = messages.findIndex((message) => message.id === id && receiptOf(message) === receipt);
      if (index >= 0) messages.splice(index, 1);
      return index >= 0;
    },

    waiting: (queue) =>
      alive(queue, clock.now()).map(({ id, json, dequeueCount, visibleAt, expiresAt }) => ({
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
