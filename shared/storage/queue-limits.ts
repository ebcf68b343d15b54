import type { SendOptions } from './queues.ts';
import { MAX_DELAY_MS } from './queues.ts';

/**
 * In base64, 48 KiB become the service's limit of 64 KiB
 * (learn.microsoft.com/azure/storage/queues/scalability-targets).
 */
export const MAX_MESSAGE_BYTES = 48 * 1024;

/** One message in the form that Queue Storage accepts. */
export interface OutgoingMessage {
  readonly json: string;
  /** 0 to 7 days. */
  readonly delaySeconds: number;
  /** Absent when the message never expires. Otherwise greater than `delaySeconds`. */
  readonly timeToLiveSeconds?: number;
}

/** Throws RangeError for a name that Queue Storage rejects. */
export function checkQueue(queue: string): void {
  if (!/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(queue)) throw new RangeError(`not a queue name: ${queue}`);
}

/**
 * Throws RangeError for a message that Queue Storage rejects or that would expire before it is
 * visible.
 */
export function outgoingMessage(message: object, { delayMs = 0, timeToLiveMs }: SendOptions): OutgoingMessage {
  const json = JSON.stringify(message);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_MESSAGE_BYTES) throw new RangeError(`${bytes} bytes in a message`);
  if (Number.isNaN(delayMs)) throw new RangeError('the delay is not a number');
  const delaySeconds = Math.ceil(Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) / 1000);
  if (timeToLiveMs === undefined) return { json, delaySeconds };
  const timeToLiveSeconds = Math.ceil(timeToLiveMs / 1000);
  if (!(timeToLiveSeconds > delaySeconds && timeToLiveSeconds < 2 ** 31)) {
    throw new RangeError(`a message with a time to live of ${timeToLiveMs} ms and a delay of ${delayMs} ms`);
  }
  return { json, delaySeconds, timeToLiveSeconds };
}

/**
 * The time since which a message has been waiting: when it was sent, or its due time when it was
 * delayed.
 */
export function waitsSince(sentAtMs: number, message: unknown): number {
  const dueAtMs = (message as { readonly dueAtMs?: unknown } | null)?.dueAtMs;
  return typeof dueAtMs === 'number' ? Math.max(sentAtMs, dueAtMs) : sentAtMs;
}
