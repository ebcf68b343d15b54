import type { SubjectView, SubscriptionView } from '../subscriptions/subscription-view.ts';
import { subscriptionView } from '../subscriptions/subscription-view.ts';
import type { Subscription } from '../subscriptions/subscription.ts';

/** A subscription as the operator sees it: whose it is, and where its flow is. */
export interface ManagedSubscription extends SubscriptionView {
  readonly connection: string;
  readonly workflowId?: string;
  readonly environmentId?: string;
  /** The flow's page in Power Automate, when its calls named it and its environment. */
  readonly flowUrl?: string;
}

export function managedSubscription(subscription: Subscription, subject?: SubjectView): ManagedSubscription {
  const { connection, workflowId, environmentId } = subscription;
  return {
    ...subscriptionView(subscription, subject ? { subject } : {}),
    connection,
    ...(workflowId !== undefined && { workflowId }),
    ...(environmentId !== undefined && { environmentId }),
    ...(workflowId !== undefined && environmentId !== undefined && { flowUrl: flowUrl(environmentId, workflowId) }),
  };
}

/** learn.microsoft.com/power-automate: the address of a flow's details page. */
function flowUrl(environmentId: string, workflowId: string): string {
  const [environment, flow] = [environmentId, workflowId].map(encodeURIComponent);
  return `https://make.powerautomate.com/environments/${environment ?? ''}/flows/${flow ?? ''}/details`;
}
