import type { Trigger } from '../triggers/trigger.ts';
import type { StatusNotice } from './status-notice.ts';
import { unreachable } from '../unreachable.ts';
import type { SubscriptionAddress } from './subscription-id.ts';

/**
 * `active`: the flow is called. `paused`: the flow is turned off and deliveries wait. `disabled`:
 * the flow has failed for days, or an operator has paused the subscription. Its deliveries wait for
 * an operator or the next save. `gone`: the flow is deleted or permanently refuses calls, or an
 * operator has ended the subscription. `superseded`: the flow was saved again and has a successor.
 * `deleted`: the flow has just unsubscribed. The row is kept for a grace period in case the flow is
 * only being saved, and is never shown.
 */
export type SubscriptionStatus = 'active' | 'paused' | 'disabled' | 'gone' | 'superseded' | 'deleted';

/** A flow's registration for one trigger. `Subscription` adds the version of its stored row. */
export interface NewSubscription {
  readonly id: string;
  readonly address: SubscriptionAddress;
  /** The connection that created it. */
  readonly connection: string;
  readonly trigger: Trigger;
  readonly instanceId: string;
  /**
   * Segment name, measure name, data source id, who starts the refreshes (`subjectStartedBy`) or
   * `ANY_SUBJECT`.
   */
  readonly subject: string;
  /**
   * The display name of the segment, measure or data source as of the last subscribe. Older rows
   * have none.
   */
  readonly subjectName: string | undefined;
  readonly threshold: number | undefined;
  /** The name that the maker gave the subscription in the trigger's input Label. */
  readonly label: string | undefined;
  /**
   * Sentences that explain to the maker why the flow may rarely or never be called, as of the last
   * subscribe.
   */
  readonly warnings: readonly string[];
  readonly status: SubscriptionStatus;
  /**
   * `operator` when an operator paused or ended the subscription. A paused one has the status
   * `disabled`. An ended one has the status `gone` and is hidden from its connection.
   */
  readonly reason: 'operator' | undefined;
  /**
   * The sequence number of the subject's latest observation when the subscription was activated.
   * The subscription receives the events of later observations only. Absent while it is being
   * created. Its flow is not called before it is active.
   */
  readonly activeFrom: number | undefined;
  /**
   * The sequence number of the last observation whose events it receives. Present only when a
   * successor receives the later events.
   */
  readonly activeUntil: number | undefined;
  /** The subscription of the same flow that supersedes it. */
  readonly successor: string | undefined;
  /**
   * Set while it is being created: the subscription that it supersedes. One transaction sets this
   * subscription's `activeFrom` and the other's `activeUntil`.
   */
  readonly predecessor: string | undefined;
  /** Hash of the request that created it. The same request finds it again. */
  readonly requestKey: string;
  /**
   * Hash of the flow's id, trigger name and environment: equal for every save of a flow. Older rows
   * leave the environment out. `undefined` when the subscribe call did not name the flow, which
   * its headers call a workflow.
   */
  readonly workflowKey: string | undefined;
  /** The id of the flow in the engine that runs it (header `x-ms-workflow-id`). */
  readonly workflowId: string | undefined;
  /**
   * The GUID of the flow in the URLs of its page and runs (header `x-ms-workflow-name`). Older rows
   * have none.
   */
  readonly workflowName: string | undefined;
  /** The Power Platform environment of the flow. */
  readonly environmentId: string | undefined;
  /** The encrypted callback URL. Absent once it will not be called any more. */
  readonly callback: string | undefined;
  readonly createdAt: string;
  /** Time of the first failed attempt since the last success. */
  readonly failingSince: string | undefined;
  /** Dead deliveries since the last success. */
  readonly deadDeliveries: number;
  /** When its flow was found turned off, or an operator paused it. */
  readonly pausedSince: string | undefined;
  /**
   * When the next probe is due: a call that finds out whether a paused flow is on again. If absent,
   * it is due now. A worker claims the probe by postponing this.
   */
  readonly nextProbeAt: string | undefined;
  /** When the last probe was made, if it found the flow turned off. */
  readonly offCheckedAt: string | undefined;
  /**
   * Total time for which probes have found the flow turned off. After 7 days the subscription ends.
   */
  readonly offMs: number;
  /** When it was last resumed. Deliveries that were parked before then are due. */
  readonly resumedAt: string | undefined;
  /** When the flow unsubscribed, or the subscription ended. */
  readonly deletedAt: string | undefined;
  /** Changes of the status that the operator's webhook has not received yet. */
  readonly notices?: readonly StatusNotice[] | undefined;
  /**
   * Whether the subscription has ended: it is gone, or it is superseded and no event in the outbox
   * can concern it any more. Its row is outside the range that is read for an event's recipients.
   * It is kept to be shown and to redirect deliveries to the successor.
   */
  readonly ended: boolean;
}

/** A subscription as it is stored. */
export interface Subscription extends NewSubscription {
  /** The version of the row. */
  readonly etag: string;
}

/**
 * How long a subscription is kept after an unsubscribe. A save may unsubscribe the old version
 * before it subscribes the new one, and no event may be lost in between.
 */
const DELETED_GRACE_MS = 15 * 60 * 1000;

/**
 * When the grace period of a deleted subscription ends. A subscription that names no flow has no
 * grace period.
 */
export function graceEndsMs({ deletedAt, workflowKey }: Pick<Subscription, 'deletedAt' | 'workflowKey'>): number {
  return Date.parse(deletedAt ?? '') + (workflowKey === undefined ? 0 : DELETED_GRACE_MS);
}

/**
 * Whether the observation with this sequence number concerns a subscription. Each observation
 * concerns exactly one of a superseded subscription and its successor.
 */
export function concerns(subscription: Subscription, sequence: number): boolean {
  if (subscription.activeFrom === undefined || sequence <= subscription.activeFrom) return false;
  switch (subscription.status) {
    case 'active':
    case 'paused':
    case 'disabled':
      return true;
    case 'deleted':
      // Only a flow that is identified can be in the middle of a save.
      return (
        subscription.workflowKey !== undefined &&
        (subscription.activeUntil === undefined || sequence <= subscription.activeUntil)
      );
    case 'superseded':
      return subscription.activeUntil !== undefined && sequence <= subscription.activeUntil;
    case 'gone':
      return false;
    default:
      return unreachable(subscription.status);
  }
}

/**
 * Whether an operator ended the subscription. Its history is kept, but hidden from its connection.
 */
export function isEndedByOperator({ status, reason }: Pick<Subscription, 'status' | 'reason'>): boolean {
  return status === 'gone' && reason === 'operator';
}

/**
 * Whether an operator paused or ended the subscription. A row keeps its reason when the
 * subscription is superseded later, so the status is checked too.
 */
export function isByOperator({ status, reason }: Pick<Subscription, 'status' | 'reason'>): boolean {
  return reason === 'operator' && (status === 'disabled' || status === 'gone');
}

/**
 * Whether the subscription or its successor has to be activated first, because `concerns` needs
 * `activeFrom` and `activeUntil`.
 */
export function isPending(subscription: Subscription): boolean {
  return (
    subscription.activeFrom === undefined ||
    (subscription.status === 'superseded' && subscription.activeUntil === undefined)
  );
}
