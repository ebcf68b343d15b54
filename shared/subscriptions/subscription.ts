import type { Trigger } from '../triggers/trigger.ts';
import type { SubscriptionAddress } from './subscription-id.ts';

/**
 * `active`: called. `paused`: the flow is turned off, deliveries wait. `disabled`: failing for days, deliveries wait for an
 * operator. `gone`: the flow is deleted or refuses us for good. `superseded`: the flow was saved again and has a successor.
 * `deleted`: unsubscribed a moment ago; remembered in case the flow is only being saved (never shown to anyone).
 */
export type SubscriptionStatus = 'active' | 'paused' | 'disabled' | 'gone' | 'superseded' | 'deleted';

/** A flow's standing request to be called for one trigger. */
export interface Subscription {
  readonly id: string;
  readonly address: SubscriptionAddress;
  /** Who made it. */
  readonly connection: string;
  readonly trigger: Trigger;
  readonly instanceId: string;
  /** Segment name, measure name, data source id, who started it (`subjectStartedBy`) or `ANY_SUBJECT`. */
  readonly subject: string;
  /** The name that people saw of a segment, measure or data source when its flow last subscribed. Older rows have none. */
  readonly subjectName: string | undefined;
  readonly threshold: number | undefined;
  readonly label: string | undefined;
  /** Why it can hardly ever be called, in sentences, as far as was seen when its flow last subscribed. */
  readonly warnings: readonly string[];
  readonly status: SubscriptionStatus;
  /** Who disabled or ended it, when it was an operator: then it is never probed, nor known to its connection once it has ended. */
  readonly reason: 'operator' | undefined;
  /**
   * The number of observations that had been taken when it was made: it is owed what comes after. Absent while it is being
   * made: nobody calls it before it has a birth.
   */
  readonly activeFrom: number | undefined;
  /** The last observation it is owed; set when a successor takes over from there. */
  readonly activeUntil: number | undefined;
  /** The subscription of the same flow that takes its place. */
  readonly successor: string | undefined;
  /** Set while it is being made: the subscription whose place it takes, which gets its `until` with our `birth`. */
  readonly predecessor: string | undefined;
  /** Hash of the request that made it: the same request finds it again. */
  readonly requestKey: string;
  /** Hash of the flow's id, trigger name and environment: the same for every save of one flow. Older rows have it without environment. */
  readonly workflowKey: string | undefined;
  readonly workflowId: string | undefined;
  /** The flow's GUID, by which its page and its runs are addressed (`x-ms-workflow-name`). Older rows have none. */
  readonly workflowName: string | undefined;
  readonly environmentId: string | undefined;
  /** The encrypted callback URL; absent once nobody will be called. */
  readonly callback: string | undefined;
  readonly createdAt: string;
  /** Instant of the first failure since the last success. */
  readonly failingSince: string | undefined;
  /** Dead deliveries since the last success. */
  readonly deadDeliveries: number;
  readonly pausedSince: string | undefined;
  /** When a paused flow may be asked again whether it is on; whoever does puts it off first. Absent: now. */
  readonly nextProbeAt: string | undefined;
  /** When a paused flow last said that it is off; absent when its last answer was another one. */
  readonly offCheckedAt: string | undefined;
  /** How long a paused flow was certainly off. */
  readonly offMs: number;
  /** When it was last made active again: what waits since before then need not wait any longer. */
  readonly resumedAt: string | undefined;
  readonly deletedAt: string | undefined;
  /** Out of the range that events look through; kept to be looked at and as a pointer. */
  readonly ended: boolean;
  /** The version of the row; empty before it is stored. */
  readonly etag: string;
}

/**
 * How long an unsubscribed flow is remembered: a flow that is saved may unsubscribe its old version before it subscribes the
 * new one, and must lose nothing in between.
 */
const DELETED_GRACE_MS = 15 * 60 * 1000;

/** When a deleted subscription is no longer taken for one whose flow is in the middle of a save: at once, when it does not say whose it is. */
export function graceEndsMs({ deletedAt, workflowKey }: Pick<Subscription, 'deletedAt' | 'workflowKey'>): number {
  return Date.parse(deletedAt ?? '') + (workflowKey === undefined ? 0 : DELETED_GRACE_MS);
}

/**
 * Whether the observation with this sequence number concerns a subscription. Exactly one of a superseded subscription and its
 * successor is concerned by each.
 */
export function concerns(subscription: Subscription, sequence: number): boolean {
  if (subscription.activeFrom === undefined || sequence <= subscription.activeFrom) return false;
  switch (subscription.status) {
    case 'active':
    case 'paused':
    case 'disabled':
      return true;
    case 'deleted':
      // Only a flow that says who it is may be in the middle of a save.
      return (
        subscription.workflowKey !== undefined &&
        (subscription.activeUntil === undefined || sequence <= subscription.activeUntil)
      );
    case 'superseded':
      return subscription.activeUntil !== undefined && sequence <= subscription.activeUntil;
    case 'gone':
      return false;
  }
}

/** Whether an operator ended it: its history is kept, and its connection knows it no longer. */
export function isEndedByOperator({ status, reason }: Pick<Subscription, 'status' | 'reason'>): boolean {
  return status === 'gone' && reason === 'operator';
}

/** Whether somebody must give it (or its successor) a birth before `concerns` can tell. */
export function isPending(subscription: Subscription): boolean {
  return (
    subscription.activeFrom === undefined ||
    (subscription.status === 'superseded' && subscription.activeUntil === undefined)
  );
}
