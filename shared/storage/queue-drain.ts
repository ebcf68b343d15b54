/**
 * The port to Queue Storage, the receiving side, for an operator who empties a queue by hand. Rejects with `StorageError` when storage
 * cannot be reached: then messages may have been received, and come back when their lease has ended.
 */
export interface QueueDrain {
  /**
   * Some of the messages that are visible now, at most `MAX_RECEIVED`; none when there is no such queue. Nobody else sees them for
   * `leaseMs` (rounded up to seconds, at most 7 days). One storage request.
   */
  receive(queue: string, leaseMs: number): Promise<ReceivedMessage[]>;
  /** Nothing happens when it is gone, or was received by somebody else since. One storage request. */
  delete(queue: string, received: Pick<ReceivedMessage, 'id' | 'receipt'>): Promise<void>;
}

export interface ReceivedMessage {
  readonly id: string;
  /** The object that was sent; `undefined` when the text is no JSON object in base64. */
  readonly message: object | undefined;
  /** Proves that it was this receiver that got it last. */
  readonly receipt: string;
}

/** Of one request (learn.microsoft.com/rest/api/storageservices/get-messages). */
export const MAX_RECEIVED = 32;

/** The object in a text, if it is one. */
export function messageOf(json: string): object | undefined {
  try {
    const value = JSON.parse(json) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
