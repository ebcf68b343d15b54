import { triggers } from '../triggers/trigger.ts';
import type { Subscription } from './subscription.ts';

/** The parts of a subscription that its title shows. */
type Titled = Pick<
  Subscription,
  'trigger' | 'subject' | 'subjectName' | 'threshold' | 'label' | 'workflowId' | 'status' | 'createdAt'
>;

/** Number of characters shown of a flow's id: enough to distinguish the flows of one connection. */
const SHOWN_OF_FLOW = 8;

/**
 * A title by which people recognise a subscription in a drop-down:
 * `Churn risk above 150 · VIP alert · flow 3f2a9c01`. A subscription with neither label nor flow
 * shows when it was created. A status other than active comes last.
 */
export function subscriptionTitle(subscription: Titled): string {
  const { trigger, subject, subjectName = subject, threshold, label, workflowId, status, createdAt } = subscription;
  const flow = workflowId === undefined ? undefined : `flow ${workflowId.slice(0, SHOWN_OF_FLOW)}`;
  const created =
    label === undefined && flow === undefined ? `made ${createdAt.slice(0, 16).replace('T', ' ')}` : undefined;
  const parts = [
    triggers[trigger].title({ subject, subjectName, threshold }),
    label,
    flow,
    created,
    status === 'active' ? undefined : status,
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}
