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
  readonly subjectHash: string;
  readonly from: string;
  readonly to: string;
}

/** An event that is committed but not yet fully delivered, with everything that fan-out needs. */
export interface NewOutboxEntry {
  readonly event: Event;
  /**
   * The sequence number of the observation. Subscriptions that were active before it receive the
   * event.
   */
  readonly sequence: number;
  readonly recipients: readonly RecipientRange[];
  /**
   * The first row of every chunk except the first, as `range index:row key`. Saved once, before any
   * message is sent, so that a repeated fan-out produces the same chunks. `undefined` until then.
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
  const { storedName } = triggers[event.trigger].subject;
  return recipientsOf(event).map(({ subject, thresholdFrom, thresholdBelow }) => ({
    subjectHash: shortHash(storedName(subject)),
    from: thresholdFrom === undefined ? '' : thresholdKey(thresholdFrom),
    to: thresholdBelow === undefined ? RANGE_END : thresholdKey(thresholdBelow),
  }));
}

/**
 * The subjects and thresholds of the subscriptions that an event can concern, as its trigger in
 * `shared/triggers` defines them.
 */
export function recipientsOf(event: Event): readonly RecipientSubject[] {
  return recipientsOfFacts(event.trigger, event);
}

function recipientsOfFacts<T extends Trigger>(trigger: T, facts: Facts<T>): readonly RecipientSubject[] {
  return recordOf(trigger).recipients(facts);
}
