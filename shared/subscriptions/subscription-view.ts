import type { StartedBy } from '../triggers/started-by.ts';
import { triggers } from '../triggers/trigger.ts';
import { subscriptionTitle } from './subscription-title.ts';
import type { Subscription } from './subscription.ts';

/** What the owner of a subscription sees of the state of its subject. */
export interface SubjectView {
  /** The latest observed value of a segment or measure, and when Customer Insights computed it. */
  readonly lastEvaluation: { readonly value: number; readonly evaluatedAt: string } | undefined;
  /** Since when Customer Insights could not be read for this subject. */
  readonly sourceUnreachableSince: string | undefined;
  /** Whether `ALLOWED_INSTANCES` permits the instance. */
  readonly isAllowed: boolean;
}

/** The warning on subscriptions of an instance that has been removed from `ALLOWED_INSTANCES`. */
export const NOT_ALLOWED_WARNING =
  'The operator of this service no longer allows this instance. It is not read, and the flow is not called.';

/** A subscription as HTTP callers see it. The callback URL is a secret and never part of it. */
export interface SubscriptionView {
  readonly id: string;
  /** See `subscriptionTitle`. */
  readonly title: string;
  readonly trigger: string;
  readonly instanceId: string;
  readonly segmentName?: string;
  readonly measureName?: string;
  readonly dataSourceId?: string;
  readonly threshold?: number;
  readonly startedBy?: StartedBy;
  /** The name that the maker gave the subscription. */
  readonly label?: string;
  readonly status: string;
  readonly createdAt: string;
  readonly health: {
    readonly failingSince?: string;
    readonly deadDeliveries: number;
    readonly pausedSince?: string;
  };
  readonly successorId?: string;
  /** See `SubjectView`. */
  readonly lastEvaluation?: { readonly value: number; readonly evaluatedAt: string };
  readonly sourceUnreachableSince?: string;
  readonly warnings?: readonly string[];
}

/** Builds the view of a subscription. A caller without `subject` passes `isAllowed` instead. */
export function subscriptionView(
  subscription: Subscription,
  more: { subject?: SubjectView; isAllowed?: boolean } = {},
): SubscriptionView {
  const {
    id,
    trigger,
    instanceId,
    subject,
    threshold,
    label,
    warnings: storedWarnings,
    status,
    createdAt,
    failingSince,
    deadDeliveries,
    pausedSince,
    successor,
  } = subscription;
  const { lastEvaluation, sourceUnreachableSince, isAllowed = more.isAllowed ?? true } = more.subject ?? {};
  // With this type, a new kind of subject does not compile until its inputs are added here.
  const inputs: Pick<SubscriptionView, 'segmentName' | 'measureName' | 'dataSourceId' | 'startedBy'> =
    triggers[trigger].subject.inputsOf(subject);
  const warnings = [...(isAllowed ? [] : [NOT_ALLOWED_WARNING]), ...storedWarnings];
  return {
    id,
    title: subscriptionTitle(subscription),
    trigger,
    instanceId,
    ...inputs,
    ...(threshold !== undefined && { threshold }),
    ...(label !== undefined && { label }),
    status,
    createdAt,
    health: {
      ...(failingSince !== undefined && { failingSince }),
      deadDeliveries,
      ...(pausedSince !== undefined && { pausedSince }),
    },
    ...(successor !== undefined && { successorId: successor }),
    ...(lastEvaluation && { lastEvaluation }),
    ...(sourceUnreachableSince !== undefined && { sourceUnreachableSince }),
    ...(warnings.length > 0 && { warnings }),
  };
}
