import type { SendOptions } from './queues.ts';
import { MAX_DELAY_MS } from './queues.ts';

/**
 * Maximum size of a message. In base64, 48 KiB become 64 KiB, the limit of the service
 * (learn.microsoft.com/azure/storage/queues/scalability-targets).
 */
export const MAX_MESSAGE_BYTES = 48 * 1024;

/** One message in the form that Queue Storage accepts. */
export interface OutgoingMessage {
  readonly json: string;
  /** From 0 to 7 days. */
  readonly delaySeconds: number;
  /** Absent when the message never expires. Otherwise greater than `delaySeconds`. */
  readonly timeToLiveSeconds?: number;
}

/** Throws RangeError for a name that Queue Storage rejects. */
export function checkQueue(queue: string): void {
  if (!/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(queue)) throw new RangeError(`not a queue name: ${queue}`);
}

/**
 * Converts a message to the form that Queue Storage accepts. Throws `RangeError` if Queue Storage
 * would reject the message, or if the message would expire before it is visible.
 */
export function outgoingMessage(message: object, { delayMs = 0, timeToLiveMs }: SendOptions): OutgoingMessage {
  const json = JSON.stringify(message);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_MESSAGE_BYTES) throw new RangeError(`a message has ${bytes} bytes, more than ${MAX_MESSAGE_BYTES}`);
  if (Number.isNaN(delayMs)) throw new RangeError('the delay is not a number');
  const delaySeconds = Math.ceil(Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) / 1000);
  if (timeToLiveMs === undefined) return { json, delaySeconds };
  const timeToLiveSeconds = Math.ceil(timeToLiveMs / 1000);
  if (!(timeToLiveSeconds > delaySeconds && timeToLiveSeconds < 2 ** 31)) {
    throw new RangeError(`a message cannot live ${timeToLiveMs} ms when it is delayed by ${delayMs} ms`);
  }
  return { json, delaySeconds, timeToLiveSeconds };
}

/**
 * Returns since when a message has been waiting: the time when it was sent, or its due time if it
 * was delayed.
 */
export function waitsSince(sentAtMs: number, message: unknown): number {
  const dueAtMs = (message as { readonly dueAtMs?: unknown } | null)?.dueAtMs;
  return typeof dueAtMs === 'number' ? Math.max(sentAtMs, dueAtMs) : sentAtMs;
}
