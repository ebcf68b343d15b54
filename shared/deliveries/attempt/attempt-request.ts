import type { Event } from '../../events/event.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/** What one attempt sends, to whom, and until when it may start. */
export interface AttemptRequest {
  readonly event: Event;
  readonly deliveryId: string;
  /** The subscription the delivery belongs to. */
  readonly own: Subscription;
  /** The subscription that is called: `own` or its successor. */
  readonly called: Subscription;
  /** Number of the attempt, 1 for the first. */
  readonly number: number;
  /**
   * End of the claim. The attempt does not start at or after this time. Read once a permit is
   * available.
   */
  readonly notAfterMs: () => number;
  /** Whether the attempt always gets a span in the trace, or only when it fails. */
  readonly spanned: 'always' | 'unless-delivered';
}
