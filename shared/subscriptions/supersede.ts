import type { Clock } from '../clock.ts';
import type { WorkList } from '../work/work-list.ts';
import { activate, type ActivatePorts } from './activate.ts';
import type { ConnectionStore } from './connection-store.ts';
import { latestStored } from './find-flow.ts';
import { partitionOf } from './subscription-id.ts';
import { graceEndsMs, type Subscription } from './subscription.ts';

export interface SupersedePorts extends ActivatePorts {
  /** Has an entry of each flow, which lists its saves. */
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  readonly work: Pick<WorkList, 'add' | 'withdraw'>;
}

export type SupersedeResult =
  /**
   * `previous` are the earlier subscriptions of the flow that this one has superseded, oldest
   * first. Those with the same input redirect to it, and the others have ended.
   */
  | { readonly kind: 'latest'; readonly previous: readonly Subscription[] }
  /**
   * A later save of the flow finished first. This subscription redirects to it and receives
   * nothing.
   */
  | { readonly kind: 'overtaken' }
  /** Another writer changed the same rows. */
  | { readonly kind: 'conflict' };

/**
 * Supersedes the subscriptions of a flow's previous saves, before the subscription of the latest
 * save is activated. Saves are ordered by when they claimed the flow's entry (`WorkflowEntry`), and
 * each save looks for the others after it has stored its own row. Of two concurrent saves, the
 * later one therefore supersedes the earlier one, whichever row is stored first. If the
 * subscription is already active, this only finds out again which ones it has superseded.
 */
export async function supersedePrevious(ports: SupersedePorts, subscription: Subscription): Promise<SupersedeResult> {
  const { connection, trigger, workflowKey } = subscription;
  const isActive = subscription.activeFrom !== undefined;
  const entry = workflowKey && (await ports.connections.findWorkflow(connection, trigger, workflowKey));
  if (!entry) return { kind: 'latest', previous: [] };
  const saves = [...entry.previous, entry.subscriptionId];
  const position = saves.indexOf(subscription.id);
  if (entry.subscriptionId !== subscription.id) {
    // There is a later save. If this subscription is active or supersedes another, the later save
    // finds it and supersedes it.
    if (isActive || subscription.predecessor !== undefined) return { kind: 'latest', previous: [] };
    const later = await latestStored(ports.store, saves.slice(position + 1));
    if (later) {
      const result = await ports.store.writeTogether([redirect(subscription, later.id)]);
      return { kind: result.kind === 'written' ? 'overtaken' : 'conflict' };
    }
    // The later save has no row, and may never get one, so this subscription is not superseded. If
    // the row is written after all, that save finds this subscription. But if the entry does not
    // list this subscription, its previous saves are unknown.
    if (position < 0) return { kind: 'conflict' };
  }
  const previous: Subscription[] = [];
  let hasSuperseded = false;
  // Newest first, because only the newest active save is superseded. An older one may still have
  // `activeFrom` too: the newest one skipped it if, by the clock of that worker, the grace period
  // of the older one had ended.
  for (const id of saves.slice(0, position).toReversed()) {
    let earlier = await ports.store.load(id);
    // The earlier save supersedes yet another one. Activating the earlier save sets `activeUntil`
    // of the other one.
    if (earlier?.activeFrom === undefined && earlier?.predecessor !== undefined)
      earlier = await activate(ports, earlier);
    if (earlier === undefined || !canBeSuperseded(earlier, ports.clock.now())) continue;
    if (earlier.status === 'superseded') {
      // An earlier try of this request may have superseded it and then crashed. Then this
      // subscription names it as its predecessor.
      if (earlier.successor === subscription.id) previous.unshift(earlier);
      if (earlier.id === subscription.predecessor) hasSuperseded = true;
      continue;
    }
    if (hasSuperseded && earlier.activeFrom !== undefined) continue;
    await ports.work.add({ kind: 'subscription', subscriptionId: earlier.id }, ports.clock.now());
    if (earlier.activeFrom === undefined) {
      const redirected = await ports.store.writeTogether([redirect(earlier, subscription.id)]);
      if (redirected.kind === 'conflict') return { kind: 'conflict' };
      continue;
    }
    hasSuperseded = true;
    previous.unshift(earlier);
    if (!isSameInput(earlier, subscription)) {
      // End it before the new one is activated, so that no observation concerns both.
      if ((await ports.store.end({ ...earlier, status: 'superseded' })).kind === 'conflict')
        return { kind: 'conflict' };
      continue;
    }
    if (isActive) continue;
    const linked = await ports.store.writeTogether([
      { ...subscription, predecessor: earlier.id },
      { ...earlier, status: 'superseded', successor: subscription.id, callback: undefined },
    ]);
    if (linked.kind === 'conflict') return { kind: 'conflict' };
  }
  return { kind: 'latest', previous };
}

/**
 * Whether two subscriptions have the same subject and threshold. They are then in one partition and
 * share their events.
 */
export function isSameInput(one: Subscription, other: Subscription): boolean {
  return partitionOf(one.address) === partitionOf(other.address) && one.threshold === other.threshold;
}

/**
 * Whether a subscription has not ended, or was deleted within the grace period, because a save of a
 * flow deletes the subscription first.
 */
function canBeSuperseded(subscription: Subscription, nowMs: number): boolean {
  if (subscription.ended || subscription.status === 'gone') return false;
  if (subscription.status !== 'deleted') return true;
  return nowMs < graceEndsMs(subscription);
}

/**
 * Turns a subscription that was never active into a redirect to the later save. No observation
 * concerns it.
 */
function redirect(pending: Subscription, successor: string): Subscription {
  return { ...pending, status: 'superseded', successor, callback: undefined, activeFrom: 0, activeUntil: 0 };
}
