import { RANGE_END } from '../subscriptions/subscription-row.ts';
import { thresholdKey } from '../subscriptions/threshold-key.ts';
import { shortHash } from '../triggers/subject.ts';
import { subjectStartedBy } from '../triggers/started-by.ts';
import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { unreachable } from '../unreachable.ts';
import type { Event, FullRefreshCompleted } from './event.ts';

/** A row range of the `subscriptions` table within one subject: `from` inclusive, `to` exclusive. */
export interface RecipientRange {
  readonly subjectHash: string;
  readonly from: string;
  readonly to: string;
}

/** An event that is committed but not yet fully delivered, with everything that fan-out needs. */
export interface OutboxEntry {
  readonly event: Event;
  /** The sequence number of the observation. Subscriptions that were active before it receive the event. */
  readonly sequence: number;
  readonly recipients: readonly RecipientRange[];
  /**
   * The first row of each chunk after the first one, as `range index:row key`. Saved once, before any message is sent, so
   * that a repeated fan-out sends the same chunks. Absent before that.
   */
  readonly boundaries: readonly string[] | undefined;
  readonly committedAt: string;
  /** Identifies the writer of the row, which recognises its own transaction by it when the response was lost. */
  readonly writer: string;
  readonly etag: string;
}

/**
 * The row ranges of the subscriptions that an event can concern. Row keys begin with the threshold, so the thresholds that
 * a value crossed (`previous <= threshold < value`) are one range.
 */
export function recipientRanges(event: Event): RecipientRange[] {
  switch (event.trigger) {
    case 'segment-threshold-crossed':
      return [crossed(event.segmentName, event)];
    case 'measure-threshold-crossed':
      return [crossed(event.measureName, event)];
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded':
      return [wholeSubject(event.dataSourceId.toLowerCase()), wholeSubject(ANY_SUBJECT)];
    case 'full-refresh-completed':
      return fullRefreshSubjects(event).map(wholeSubject);
    case 'unification-refresh-completed':
      return [wholeSubject(ANY_SUBJECT)];
    default:
      return unreachable(event);
  }
}

/** The subjects of a full refresh. The specific one comes first: events of earlier versions have only that range. */
export function fullRefreshSubjects({ submissionKind }: Pick<FullRefreshCompleted, 'submissionKind'>): string[] {
  return [subjectStartedBy(submissionKind === 'onDemand' ? 'user' : 'schedule'), subjectStartedBy('any')];
}

function crossed(name: string, rise: { previousValue: number; value: number }): RecipientRange {
  return { subjectHash: shortHash(name), from: thresholdKey(rise.previousValue), to: thresholdKey(rise.value) };
}

function wholeSubject(name: string): RecipientRange {
  return { subjectHash: shortHash(name), from: '', to: RANGE_END };
}
