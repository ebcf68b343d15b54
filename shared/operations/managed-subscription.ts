import type { SubjectView, SubscriptionView } from '../subscriptions/subscription-view.ts';
import { subscriptionView } from '../subscriptions/subscription-view.ts';
import type { SubscriptionActivity } from './subscription-activity.ts';
import { isByOperator, type Subscription } from '../subscriptions/subscription.ts';

/** A subscription in the operator API, which also shows its connection and its flow. */
export interface ManagedSubscription extends SubscriptionView {
  readonly connection: string;
  /** How many calls the connection has made in the current window, and how many it may make. */
  readonly connectionCalls?:
    { readonly used: number; readonly limit: number; readonly windowSeconds: number } | undefined;
  /** How many subscriptions the connection has, and how many it may have. */
  readonly connectionSubscriptions?: { readonly used: number; readonly limit: number };
  /** The id of the flow in the engine that runs it. */
  readonly workflowId?: string;
  /** Present when an operator paused or ended the subscription. */
  readonly reason?: 'operator';
  /** The name of the data source, for a trigger on one data source. */
  readonly dataSourceName?: string;
  /** The results of its latest events, if the call requested them. */
  readonly activity?: SubscriptionActivity;
  /** The GUID of the flow in the URLs of its page and runs. */
  readonly workflowName?: string;
  /** The Power Platform environment of the flow. */
  readonly environmentId?: string;
  /**
   * The flow's page in Power Automate. Present when the subscribe call named the flow and its
   * environment.
   */
  readonly flowUrl?: string;
}

/** Builds the view of a subscription for operators. */
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

/**
 * Logic Apps, the engine that runs flows, identifies a flow by 32 hexadecimal digits. No page of
 * Power Automate uses this id in its URL.
 */
const ENGINE_ID = /^[0-9a-f]{32}$/i;

/**
 * The base URL of a flow's pages in Power Automate (`/details`, `/runs/{runId}`). Microsoft does
 * not document this URL; it was observed. Returns `undefined` when the subscribe call named no
 * environment, or named the flow only by the engine's id.
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
