import type { Clock } from '../clock.ts';
import type { WorkList } from '../work/work-list.ts';
import { activate, type ActivatePorts } from './activate.ts';
import type { ConnectionStore } from './connection-store.ts';
import { latestStored } from './find-flow.ts';
import { partitionOf } from './subscription-id.ts';
import { graceEndsMs, type Subscription } from './subscription.ts';

export interface SupersedePorts extends ActivatePorts {
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  readonly work: Pick<WorkList, 'add' | 'withdraw'>;
}

export type SupersedeResult =
  /** After the given predecessors (none: first of its flow); those that ask for the same are superseded by it, others have ended. */
  | { readonly kind: 'heir'; readonly predecessors: readonly Subscription[] }
  /** A later save of the same flow was faster: this one is a pointer to it and is owed nothing. */
  | { readonly kind: 'overtaken' }
  /** Somebody else wrote the same rows. */
  | { readonly kind: 'conflict' };

/**
 * Puts a subscription into the line of its flow before it is born: each save of a flow takes the place of the one before. One that is
 * born has its place, and only learns again whom it came after. The
 * line is the order in which saves claimed the flow's entry, so of two saves at the same moment one takes the other's place whichever is
 * stored first: each looks for the other after its own row is in.
 */
export async function supersedePrevious(ports: SupersedePorts, subscription: Subscription): Promise<SupersedeResult> {
  const { connection, trigger, workflowKey } = subscription;
  const isBorn = subscription.activeFrom !== undefined;
  const entry = workflowKey && (await ports.connections.findWorkflow(connection, trigger, workflowKey));
  if (!entry) return { kind: 'heir', predecessors: [] };
  const line = [...entry.previous, entry.subscriptionId];
  const place = line.indexOf(subscription.id);
  if (entry.subscriptionId !== subscription.id) {
    // Born, or in another's place already: the later save finds us, and takes our place.
    if (isBorn || subscription.predecessor !== undefined) return { kind: 'heir', predecessors: [] };
    const faster = await latestStored(ports.store, line.slice(place + 1));
    if (faster) {
      const result = await ports.store.writeTogether([redirect(subscription, faster.id)]);
      return { kind: result.kind === 'written' ? 'overtaken' : 'conflict' };
    }
    // A later save that has no row may have broken off for good. Should its row still come, it finds us in the line.
    if (place < 0) return { kind: 'conflict' };
  }
  const predecessors: Subscription[] = [];
  let heir = subscription;
  let hasPlace = false;
  // The latest first: of those that were born it alone is in the line. It may have passed over one whose grace had ended by its clock, if not by ours.
  for (const id of line.slice(0, place).toReversed()) {
    let earlier = await ports.store.load(id);
    // It has taken a place itself, of one that waits for its birth to know its own end.
    if (earlier?.activeFrom === undefined && earlier?.predecessor !== undefined)
      earlier = await activate(ports, earlier);
    if (earlier === undefined || !canBeSucceeded(earlier, ports.clock.now())) continue;
    if (earlier.status === 'superseded') {
      // Our own doing, before a crash; the link to us is in our row.
      if (earlier.successor === heir.id) predecessors.unshift(earlier);
      if (earlier.id === heir.predecessor) hasPlace = true;
      continue;
    }
    if (hasPlace && earlier.activeFrom !== undefined) continue;
    await ports.work.add({ kind: 'subscription', subscriptionId: earlier.id }, ports.clock.now());
    if (earlier.activeFrom === undefined) {
      if ((await ports.store.writeTogether([redirect(earlier, heir.id)])).kind === 'conflict')
        return { kind: 'conflict' };
      continue;
    }
    hasPlace = true;
    predecessors.unshift(earlier);
    if (!isSameInput(earlier, heir)) {
      // Before the heir's birth: whatever comes after that is for the heir alone.
      if ((await ports.store.end({ ...earlier, status: 'superseded' })).kind === 'conflict')
        return { kind: 'conflict' };
      continue;
    }
    if (isBorn) continue;
    const linked: Subscription = { ...heir, predecessor: earlier.id };
    const result = await ports.store.writeTogether([
      linked,
      { ...earlier, status: 'superseded', successor: heir.id, callback: undefined },
    ]);
    const stored = result.kind === 'written' ? await ports.store.load(heir.id) : undefined;
    if (stored === undefined) return { kind: 'conflict' };
    heir = stored;
  }
  return { kind: 'heir', predecessors };
}

/** Same subject and same threshold: then both are in one partition, and what one was owed the other can get. */
export function isSameInput(one: Subscription, other: Subscription): boolean {
  return partitionOf(one.address) === partitionOf(other.address) && one.threshold === other.threshold;
}

/** Not ended, and if it was deleted, then only a moment ago: the flow may have been in the middle of this very save. */
function canBeSucceeded(subscription: Subscription, nowMs: number): boolean {
  if (subscription.ended || subscription.status === 'gone') return false;
  if (subscription.status !== 'deleted') return true;
  return nowMs < graceEndsMs(subscription);
}

/** A subscription that never came to life, as a pointer to the one that did: it is owed no observation. */
function redirect(unborn: Subscription, successor: string): Subscription {
  return { ...unborn, status: 'superseded', successor, callback: undefined, activeFrom: 0, activeUntil: 0 };
}
