/**
 * The sending side of the port to Queue Storage. The functions host does the receiving. Messages
 * are delivered at least once and in no particular order.
 *
 * Rejects with `StorageError` when storage cannot be reached. In that case, the message may or may
 * not have been sent. A request whose response is lost is repeated once or twice, so a message may
 * also be sent several times. Rejects with `RangeError` before any request when an argument breaks
 * a limit. Queue names: 3 to 63 lower-case letters, digits and single hyphens.
 */
export interface Queues {
  /**
   * Sends one message, which never expires unless `timeToLiveMs` is given. `message` becomes JSON
   * (at most 48 KiB) in base64, as the functions host expects it. The message is visible after
   * `delayMs` (rounded up to seconds, at most 7 days, immediately when negative). Both durations
   * start when the message arrives. A message that would expire before it is visible is rejected.
   * The first send to a queue creates the queue. One storage request.
   */
  send(queue: string, message: object, options?: SendOptions): Promise<void>;
  /**
   * The approximate number of messages, visible or not. 0 when the queue does not exist. One
   * storage request.
   */
  length(queue: string): Promise<number>;
  /**
   * The time (ms since the epoch) at which the first visible message was sent, or its `dueAtMs`
   * when that is later. `undefined` when no message is visible. One storage request.
   */
  oldestSentAt(queue: string): Promise<number | undefined>;
}

export interface SendOptions {
  readonly delayMs?: number;
  /** Rounded up to seconds. */
  readonly timeToLiveMs?: number;
}

/** The longest delay of a message (learn.microsoft.com/rest/api/storageservices/put-message). */
export const MAX_DELAY_MS = 7 * 24 * 3600 * 1000;
