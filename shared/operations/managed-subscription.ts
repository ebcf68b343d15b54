import type { SubjectView, SubscriptionView } from '../subscriptions/subscription-view.ts';
import { subscriptionView } from '../subscriptions/subscription-view.ts';
import type { SubscriptionActivity } from './subscription-activity.ts';
import type { Subscription } from '../subscriptions/subscription.ts';

/** A subscription as the operator sees it: whose it is, and where its flow is. */
export interface ManagedSubscription extends SubscriptionView {
  readonly connection: string;
  /** How many calls its connection has made of those that it may make in a window. */
  readonly connectionCalls?:
    { readonly used: number; readonly limit: number; readonly windowSeconds: number } | undefined;
  readonly workflowId?: string;
  /** `operator`: it was disabled or ended by one. */
  readonly reason?: 'operator';
  /** Of a data source. */
  readonly dataSourceName?: string;
  /** What came of its latest events, when that was asked for. */
  readonly activity?: SubscriptionActivity;
  readonly workflowName?: string;
  readonly environmentId?: string;
  /** The flow's page in Power Automate, when its calls named it and its environment. */
  readonly flowUrl?: string;
}

export function managedSubscription(
  subscription: Subscription,
  subject?: SubjectView,
  activity?: SubscriptionActivity,
): ManagedSubscription {
  const { subjectName, connection, workflowId, workflowName, environmentId } = subscription;
  const url = flowUrlOf(subscription);
  return {
    ...subscriptionView(subscription, subject ? { subject } : {}),
    connection,
    ...(isByOperator(subscription) && { reason: 'operator' }),
    ...(subjectName !== undefined && { dataSourceName: subjectName }),
    ...(activity && { activity }),
    ...(workflowId !== undefined && { workflowId }),
    ...(workflowName !== undefined && { workflowName }),
    ...(environmentId !== undefined && { environmentId }),
    ...(url !== undefined && { flowUrl: `${url}/details` }),
  };
}

/** A row that was superseded since keeps what was said of it. */
function isByOperator({ status, reason }: Subscription): boolean {
  return reason === 'operator' && (status === 'disabled' || status === 'gone');
}

/** 32 hexadecimal digits name a flow to the engine that runs it; no page has them in its address. */
const ENGINE_ID = /^[0-9a-f]{32}$/i;

/**
 * The address of a flow in Power Automate, below which its pages are (`/details`, `/runs/{runId}`; learn.microsoft.com/power-automate).
 * `undefined` when its calls named no environment, or the flow only as the engine does.
 */
export function flowUrlOf({
  workflowId,
  workflowName = ENGINE_ID.test(workflowId ?? '') ? undefined : workflowId,
  environmentId,
}: Pick<Subscription, 'workflowId' | 'workflowName' | 'environmentId'>): string | undefined {
  if (workflowName === undefined || environmentId === undefined) return undefined;
  const [environment, flow] = [environmentId, workflowName].map(encodeURIComponent);
  return `https://make.powerautomate.com/environments/${environment ?? ''}/flows/${flow ?? ''}`;
}
