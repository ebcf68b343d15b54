import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Subject } from '../triggers/subject.ts';
import { giveBirth } from './birth.ts';
import type { CallbackCipher } from './callback-cipher.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { SubscribeRequest } from './subscribe-request.ts';
import { draftOf, newRowKey, requestKeyOf, rowKeyOfId, workflowKeyOf, type Subscriber } from './subscription-draft.ts';
import { NONCE_BYTES } from './subscription-id.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import type { Subscription } from './subscription.ts';
import { isSameInput, joinLine } from './succession.ts';

export interface PlacePorts {
  readonly store: SubscriptionStore;
  readonly connections: ConnectionStore;
  readonly cipher: CallbackCipher;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxSubscriptionsPerConnection: number;
  readonly sequenceOf: (subscription: Subscription) => Promise<number | undefined>;
  /** Asks for the waiting deliveries of a subscription to go out now. */
  readonly release: (subscription: Subscription) => Promise<void>;
  /** Asks for a superseded subscription to be cleared away once nothing needs it. */
  readonly tidyLater: (subscription: Subscription) => Promise<void>;
}

export type Placed =
  | { readonly kind: 'placed'; readonly subscription: Subscription }
  /** Somebody else wrote the same rows. */
  | { readonly kind: 'conflict' }
  /** The connection has as many subscriptions as it may have. */
  | { readonly kind: 'full' }
  /** Nobody observes the subject any more: it must be read again first. */
  | { readonly kind: 'unobserved' };

/**
 * One try to get a subscription stored, in its place in the line of its flow, alive and known to its connection; or to find the one
 * that the same request made before. Every step may be done twice, so a try may begin where another broke off.
 */
export async function placeSubscription(
  ports: PlacePorts,
  subscriber: Subscriber,
  subject: Subject,
  request: SubscribeRequest,
): Promise<Placed> {
  const { store, connections, cipher, clock, random } = ports;
  const { connection } = subscriber;
  const { trigger } = subject;
  const requestKey = requestKeyOf(subject, request);
  const workflowKey = workflowKeyOf(subscriber);
  const entry = await connections.findRequest(connection, trigger, requestKey);
  const existing = entry && (await store.load(entry.subscriptionId));
  if (entry && existing && isLiving(existing)) {
    return entry.made ? bringToLife(ports, existing) : settle(ports, existing);
  }
  // A later save of the flow was faster: this request is answered with the pointer to it, and never takes its place.
  if (entry && existing?.status === 'superseded') return leavePointer(ports, existing);

  // An entry that is not made yet has an id that another call, or this one before a crash, is about to write.
  const promised = entry && !entry.made && existing === undefined ? entry.subscriptionId : undefined;
  const rowKey = promised ? rowKeyOfId(promised) : newRowKey(request.threshold, random.token(NONCE_BYTES));
  const draft = draftOf({ subscriber, subject, request, rowKey }, { cipher, nowMs: clock.now() });
  if (promised === undefined) {
    const workflow = workflowKey && (await connections.findWorkflow(connection, trigger, workflowKey));
    const before = workflow ? await store.load(workflow.subscriptionId) : undefined;
    const claimed = await connections.claimRequest(
      { connection, trigger, requestKey, subscriptionId: draft.id },
      {
        ...(entry && { replaces: entry }),
        ...(workflowKey !== undefined && { workflow: { key: workflowKey, entry: workflow || undefined } }),
        succeeds: before !== undefined && isLiving(before),
        max: ports.maxSubscriptionsPerConnection,
      },
    );
    if (claimed !== 'claimed') return { kind: claimed };
  }
  const inserted = await store.insert(draft);
  const stored = inserted.kind === 'written' ? await store.load(draft.id) : undefined;
  return stored ? settle(ports, stored) : { kind: 'conflict' };
}

/** The place in the line first, then life, then what the connection and the predecessor must know. */
async function settle(ports: PlacePorts, subscription: Subscription): Promise<Placed> {
  const line = await joinLine(ports, subscription);
  if (line.kind === 'conflict') return line;
  const current = await ports.store.load(subscription.id);
  if (current === undefined) return { kind: 'conflict' };
  if (line.kind === 'overtaken') return leavePointer(ports, current);
  const placed = await bringToLife(ports, current);
  if (placed.kind !== 'placed') return placed;
  const { predecessors } = line;
  for (const predecessor of predecessors) {
    if (!isSameInput(predecessor, current) && !predecessor.ended) {
      const ended = await ports.store.end({ ...predecessor, status: 'superseded' });
      if (ended.kind === 'conflict') return ended;
    }
    await ports.release(predecessor);
    await ports.tidyLater(predecessor);
  }
  await ports.connections.settle(placed.subscription, predecessors.at(-1));
  return placed;
}

/** One that was overtaken before it lived: its row and entry go when nothing can need the pointer any more. */
async function leavePointer(ports: PlacePorts, pointer: Subscription): Promise<Placed> {
  // First, because sent in vain it does no harm.
  await ports.tidyLater(pointer);
  await ports.connections.overtake(pointer);
  return { kind: 'placed', subscription: pointer };
}

/** A birth, and active again if it was paused or disabled: the flow has just shown that it is there. */
async function bringToLife(ports: PlacePorts, subscription: Subscription): Promise<Placed> {
  const born = await giveBirth(ports, subscription);
  if (born === undefined) return { kind: 'unobserved' };
  if (born.status !== 'paused' && born.status !== 'disabled') return { kind: 'placed', subscription: born };
  const resumed = resume(born);
  if ((await ports.store.writeTogether([resumed])).kind === 'conflict') return { kind: 'conflict' };
  await ports.release(resumed);
  return { kind: 'placed', subscription: resumed };
}

/** Active again, with a clean record. */
export function resume(subscription: Subscription): Subscription {
  return {
    ...subscription,
    status: 'active',
    failingSince: undefined,
    deadDeliveries: 0,
    pausedSince: undefined,
    probe: undefined,
  };
}

function isLiving({ status, ended }: Subscription): boolean {
  return !ended && (status === 'active' || status === 'paused' || status === 'disabled');
}
