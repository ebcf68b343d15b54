import { RANGE_END } from '../subscriptions/subscription-row.ts';
import { thresholdKey } from '../subscriptions/threshold-key.ts';
import { shortHash } from '../triggers/subject.ts';
import { subjectStartedBy } from '../triggers/started-by.ts';
import { ANY_SUBJECT } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import type { Event, FullRefreshCompleted } from './event.ts';

/** One range of rows of the `subscriptions` table: subscriptions to one subject, `from` inclusive, `to` exclusive. */
export interface RecipientRange {
  readonly subjectHash: string;
  readonly from: string;
  readonly to: string;
}

/** An event on its way: everything that is needed to work out who is told, and how far that has come. */
export interface OutboxEntry {
  readonly event: Event;
  /** The observation it came from: subscriptions born before it are owed it. */
  readonly sequence: number;
  readonly recipients: readonly RecipientRange[];
  /**
   * Where the chunks after the first begin, as `range index:row key`. Absent until they are cut; cut once, before anything is
   * sent, so that a repeat sends the same chunks.
   */
  readonly boundaries: readonly string[] | undefined;
  readonly committedAt: string;
  /** Who wrote the row: how a transaction whose answer was lost is known as one's own. */
  readonly writer: string;
  readonly etag: string;
}

/**
 * Everyone whom the event can concern. The index answers the question: a rise concerns the thresholds that it crossed, which lie
 * side by side. `previous <= threshold < value`.
 */
export function recipientRanges(event: Event): RecipientRange[] {
  switch (event.trigger) {
    case 'segment-threshold-crossed':
      return [crossed(event.segmentName, event)];
    case 'measure-threshold-crossed':
      return [crossed(event.measureName, event)];
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded':
      return [everyone(event.dataSourceId.toLowerCase()), everyone(ANY_SUBJECT)];
    case 'full-refresh-completed':
      return fullRefreshSubjects(event).map(everyone);
    case 'unification-refresh-completed':
      return [everyone(ANY_SUBJECT)];
    default:
      return unreachable(event);
  }
}

/** Those who wait for who started it come first: what an earlier version found is for them alone. */
export function fullRefreshSubjects({ submissionKind }: Pick<FullRefreshCompleted, 'submissionKind'>): string[] {
  return [subjectStartedBy(submissionKind === 'onDemand' ? 'user' : 'schedule'), subjectStartedBy('any')];
}

function crossed(name: string, rise: { previousValue: number; value: number }): RecipientRange {
  return { subjectHash: shortHash(name), from: thresholdKey(rise.previousValue), to: thresholdKey(rise.value) };
}

function everyone(name: string): RecipientRange {
  return { subjectHash: shortHash(name), from: '', to: RANGE_END };
}
