import { shownNumber } from '../shown-number.ts';
import { startedByOf } from '../triggers/started-by.ts';
import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { unreachable } from '../unreachable.ts';
import type { Subscription } from './subscription.ts';

type Titled = Pick<
  Subscription,
  'trigger' | 'subject' | 'subjectName' | 'threshold' | 'label' | 'workflowId' | 'status' | 'createdAt'
>;

/** A flow's id is long; so many characters tell the flows of one connection apart. */
const SHOWN_OF_FLOW = 8;

/**
 * A subscription as a person recognises it in a drop-down: `Churn risk above 150 · VIP alert · flow 3f2a9c01`. One that says neither label nor
 * flow has when it was made. A status other than active comes last.
 */
export function subscriptionTitle(subscription: Titled): string {
  const { label, workflowId, status, createdAt } = subscription;
  const flow = workflowId === undefined ? undefined : `flow ${workflowId.slice(0, SHOWN_OF_FLOW)}`;
  const made =
    label === undefined && flow === undefined ? `made ${createdAt.slice(0, 16).replace('T', ' ')}` : undefined;
  const parts = [awaitedBy(subscription), label, flow, made, status === 'active' ? undefined : status];
  return parts.filter((part) => part !== undefined).join(' · ');
}

function awaitedBy({ trigger, subject, subjectName = subject, threshold }: Titled): string {
  switch (trigger) {
    case 'segment-threshold-crossed':
    case 'measure-threshold-crossed':
      return `${subjectName} above ${shownNumber(threshold ?? 0)}`;
    case 'data-source-refresh-failed':
      return `${subject === ANY_SUBJECT ? 'Any data source' : subjectName} fails`;
    case 'data-source-refresh-succeeded':
      return `${subject === ANY_SUBJECT ? 'Any data source' : subjectName} succeeds`;
    case 'full-refresh-completed':
      return fullRefreshTitle(subject);
    case 'unification-refresh-completed':
      return 'Unification';
    default:
      return unreachable(trigger);
  }
}

function fullRefreshTitle(subject: string): string {
  const startedBy = startedByOf(subject);
  switch (startedBy) {
    case 'any':
      return 'Full refresh';
    case 'schedule':
      return 'Full refresh by schedule';
    case 'user':
      return 'Full refresh by a user';
    default:
      return unreachable(startedBy);
  }
}
