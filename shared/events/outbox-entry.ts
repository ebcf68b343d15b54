import { RANGE_END } from '../subscriptions/subscription-row.ts';
import { thresholdKey } from '../subscriptions/threshold-key.ts';
import { shortHash } from '../triggers/subject.ts';
import type { RecipientSubject } from '../triggers/trigger-record.ts';
import { recordOf, triggers, type Facts, type Trigger } from '../triggers/trigger.ts';
import type { Event } from './event.ts';

/**
 * A row range of the `subscriptions` table within one subject: `from` inclusive, `to` exclusive.
 */
export interface RecipientRange {
  /** Hash of the subject's name, as in the partition keys of the table. */
  readonly subjectHash: string;
  readonly from: string;
  readonly to: string;
}

/**
 * An event that is committed but not yet fully delivered, with everything that fan-out (reading its
 * recipients and dividing them into chunks) needs.
 */
export interface NewOutboxEntry {
  readonly event: Event;
  /**
   * The sequence number of the observation that caused the event. A subscription receives the event
   * if its `activeFrom` is lower, and its `activeUntil`, if set, is not lower.
   */
  readonly sequence: number;
  readonly recipients: readonly RecipientRange[];
  /**
   * Where each chunk except the first begins, as `<index in recipients>:<row key>`. Saved once,
   * before any message is sent, so that a repeated fan-out produces the same chunks. `undefined`
   * until then.
   */
  readonly boundaries: readonly string[] | undefined;
  readonly committedAt: string;
  /**
   * Identifies the writer of the entry. A writer whose response was lost finds its own entries by
   * this value.
   */
  readonly writer: string;
}

/** An outbox entry as it is stored. */
export interface OutboxEntry extends NewOutboxEntry {
  readonly etag: string;
}

/**
 * The row ranges of the subscriptions that an event can concern. Row keys begin with the threshold,
 * so the subscriptions whose threshold a value has crossed form one range.
 */
export function recipientRanges(event: Event): RecipientRange[] {
  // Converts a name from Customer Insights to the form that subscriptions store.
  const { storedName } = triggers[event.trigger].subject;
  return recipientsOf(event).map(({ subject, thresholdFrom, thresholdBelow }) => ({
    subjectHash: shortHash(storedName(subject)),
    from: thresholdFrom === undefined ? '' : thresholdKey(thresholdFrom),
    to: thresholdBelow === undefined ? RANGE_END : thresholdKey(thresholdBelow),
  }));
}

/**
 * The subjects and thresholds of the subscriptions that an event can concern, as its trigger in
 * `shared/triggers` defines them. A refresh of a data source, for instance, concerns the
 * subscriptions to this data source and those to any data source (`ANY_SUBJECT`).
 */
export function recipientsOf(event: Event): readonly RecipientSubject[] {
  return recipientsOfFacts(event.trigger, event);
}

// The type parameter tells the compiler that `facts` belongs to `trigger`.
function recipientsOfFacts<T extends Trigger>(trigger: T, facts: Facts<T>): readonly RecipientSubject[] {
  return recordOf(trigger).recipients(facts);
}
