/**
 * The receiving side of the port to Queue Storage, for moving the messages of a poison queue back
 * to their work queue. (The functions host moves a message whose processing fails repeatedly to a
 * poison queue.) Rejects with `StorageError` when storage cannot be reached. If messages were
 * received nevertheless, they become visible again when their lease ends.
 */
export interface QueueDrain {
  /**
   * Receives up to `MAX_RECEIVED` visible messages, or none when the queue does not exist. The
   * messages are hidden from other receivers for `leaseMs` (rounded up to seconds, at most 7 days).
   * One storage request.
   */
  receive(queue: string, leaseMs: number): Promise<ReceivedMessage[]>;
  /**
   * Deletes a message. Does nothing when the message is gone or another receiver has received it
   * since. One storage request.
   */
  delete(queue: string, received: Pick<ReceivedMessage, 'id' | 'receipt'>): Promise<void>;
}

export interface ReceivedMessage {
  readonly id: string;
  /** The object that was sent. `undefined` when the text is not a JSON object in base64. */
  readonly message: object | undefined;
  /** Proves that this receiver was the last one to receive the message. */
  readonly receipt: string;
}

/**
 * Maximum number of messages per request
 * (learn.microsoft.com/rest/api/storageservices/get-messages).
 */
export const MAX_RECEIVED = 32;

/** Parses a JSON object. Returns `undefined` for any other text. */
export function messageOf(json: string): object | undefined {
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
