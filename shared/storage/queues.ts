/**
 * The port to Queue Storage, the sending side: receiving is the functions host's work. At least once, in no order.
 * Rejects with `StorageError` when storage cannot be reached: then a message may or may not have been sent. A request whose
 * answer is lost is repeated once or twice, so a message may also have been sent several times. What breaks a limit is
 * refused with `RangeError` before any request. Queues: 3 to 63 lower-case letters, digits and single hyphens.
 */
export interface Queues {
  /**
   * Sends one message that never expires unless `timeToLiveMs` is given. `message` becomes JSON (at most 48 KiB) in base64, as the
   * functions host expects it. It is visible after `delayMs` (rounded up to seconds, cut to 7 days; at once when that is past). Both
   * times count from the arrival; one that would expire before it is visible is refused.
   * A queue exists as soon as something is sent to it. One storage request.
   */
  send(queue: string, message: object, options?: SendOptions): Promise<void>;
  /** About how many messages there are, visible or not; 0 when there is no such queue. One storage request. */
  length(queue: string): Promise<number>;
  /**
   * Since when the first visible message waits, ms since the epoch: since it was sent, or since its own `dueAtMs` when that is later.
   * `undefined` when none is visible. One storage request.
   */
  oldestSentAt(queue: string): Promise<number | undefined>;
}

export interface SendOptions {
  readonly delayMs?: number;
  /** Rounded up to seconds. */
  readonly timeToLiveMs?: number;
}

/** Storage holds a message back for at most this long (learn.microsoft.com/rest/api/storageservices/put-message). */
export const MAX_DELAY_MS = 7 * 24 * 3600 * 1000;
