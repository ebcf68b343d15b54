import type { Subscription } from '../subscriptions/subscription.ts';
import { startedByOf } from '../triggers/started-by.ts';
import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { unreachable } from '../unreachable.ts';
import type { Event } from './event.ts';

/** Placeholder for an id of Customer Insights. */
const SAMPLE_ID = '00000000-0000-0000-0000-000000000000';

/** A test event with sample values, built from the inputs of a subscription. */
export function sampleEvent(
  subscription: Subscription,
  { eventId, occurredAt }: { eventId: string; occurredAt: string },
): Event {
  const { trigger, instanceId, subject, threshold = 0 } = subscription;
  const common = { eventId, instanceId, occurredAt, test: true } as const;
  const rise = { displayName: subject, previousValue: threshold, value: above(threshold), evaluatedAt: occurredAt };
  const source =
    subject === ANY_SUBJECT
      ? { dataSourceId: SAMPLE_ID, dataSourceName: 'Sample data source' }
      : { dataSourceId: subject, dataSourceName: subject };
  switch (trigger) {
    case 'segment-threshold-crossed':
      return { ...common, trigger, segmentName: subject, ...rise };
    case 'measure-threshold-crossed':
      return { ...common, trigger, measureName: subject, ...rise };
    case 'data-source-refresh-succeeded':
      return { ...common, trigger, ...source, refreshStatus: 'successful', endedAt: occurredAt, jobId: SAMPLE_ID };
    case 'data-source-refresh-failed': {
      const errorMessage = 'This is a test. Nothing failed.';
      const ended = { endedAt: occurredAt, jobId: SAMPLE_ID, errorMessage };
      return { ...common, trigger, ...source, refreshStatus: 'failed', ...ended };
    }
    case 'full-refresh-completed': {
      const submissionKind = startedByOf(subject) === 'user' ? 'onDemand' : 'scheduled';
      const ended = { submissionKind, submittedAt: occurredAt, endedAt: occurredAt } as const;
      return { ...common, trigger, jobId: SAMPLE_ID, status: 'successful', ...ended };
    }
    case 'unification-refresh-completed': {
      const ended = { submissionKind: 'scheduled', endedAt: occurredAt } as const;
      return { ...common, trigger, jobId: SAMPLE_ID, status: 'successful', ...ended };
    }
    default:
      return unreachable(trigger);
  }
}

/** The next whole number above a threshold, or the next double where whole numbers are further apart than 1. */
function above(threshold: number): number {
  const next = Math.floor(threshold) + 1;
  const value = next > threshold ? next : threshold + Math.abs(threshold) * Number.EPSILON;
  return Math.min(value, Number.MAX_VALUE);
}
