import type { SendOptions } from './queues.ts';
import { MAX_DELAY_MS } from './queues.ts';

/** 48 KiB become the service's 64 KiB in base64 (learn.microsoft.com/azure/storage/queues/scalability-targets). */
export const MAX_MESSAGE_BYTES = 48 * 1024;

/** One message as Queue Storage takes it. */
export interface OutgoingMessage {
  readonly json: string;
  /** 0 to 7 days. */
  readonly delaySeconds: number;
  /** Absent: it never expires. More than `delaySeconds`. */
  readonly timeToLiveSeconds?: number;
}

/** Throws RangeError for a name that Queue Storage refuses. */
export function checkQueue(queue: string): void {
  if (!/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(queue)) throw new RangeError(`not a queue name: ${queue}`);
}

/** Throws RangeError for a message that Queue Storage refuses, or that would expire before anyone sees it. */
export function outgoingMessage(message: object, { delayMs = 0, timeToLiveMs }: SendOptions): OutgoingMessage {
  const json = JSON.stringify(message);
  const bytes = Buffer.byteLength(json);
  if (bytes > MAX_MESSAGE_BYTES) throw new RangeError(`${bytes} bytes in a message`);
  if (Number.isNaN(delayMs)) throw new RangeError('a delay that is no number');
  const delaySeconds = Math.ceil(Math.min(Math.max(delayMs, 0), MAX_DELAY_MS) / 1000);
  if (timeToLiveMs === undefined) return { json, delaySeconds };
  const timeToLiveSeconds = Math.ceil(timeToLiveMs / 1000);
  if (!(timeToLiveSeconds > delaySeconds && timeToLiveSeconds < 2 ** 31)) {
    throw new RangeError(`a message that lives for ${timeToLiveMs} ms and waits for ${delayMs} ms`);
  }
  return { json, delaySeconds, timeToLiveSeconds };
}

/** Since when a message waits that was sent at `sentAtMs`: one that was delayed says when it is due. */
export function waitsSince(sentAtMs: number, message: unknown): number {
  const dueAtMs = (message as { readonly dueAtMs?: unknown } | null)?.dueAtMs;
  return typeof dueAtMs === 'number' ? Math.max(sentAtMs, dueAtMs) : sentAtMs;
}
