import type { Random } from '../random.ts';
import type { Subject } from '../triggers/subject.ts';
import { activate } from './activate.ts';
import type { CallbackCipher } from './callback-cipher.ts';
import { findFlow } from './find-flow.ts';
import type { SubscribeRequest } from './subscribe-request.ts';
import { draftOf, newRowKey, requestKeyOf, rowKeyOfId, type Subscriber } from './subscription-draft.ts';
import { NONCE_BYTES } from './subscription-id.ts';
import type { Subscription } from './subscription.ts';
import { supersedePrevious, type SupersedePorts } from './supersede.ts';
import { markDeleted } from './unsubscribe.ts';

export interface StoreSubscriptionPorts extends SupersedePorts {
  readonly cipher: CallbackCipher;
  readonly random: Random;
  readonly maxSubscriptionsPerConnection: number;
  /** Hints that a subscription has changed: what waits for it can go on. */
  readonly release: (subscription: Subscription) => Promise<void>;
}

export type StoreSubscriptionResult =
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
export async function storeSubscription(
  ports: StoreSubscriptionPorts,
  subscriber: Subscriber,
  subject: Subject,
  request: SubscribeRequest & Pick<Remarks, 'warnings' | 'subjectName'>,
): Promise<StoreSubscriptionResult> {
  const { store, connections, cipher, clock, random } = ports;
  const { connection } = subscriber;
  const { trigger } = subject;
  const requestKey = requestKeyOf(subject, request);
  const entry = await connections.findRequest(connection, trigger, requestKey);
  const existing = entry && (await store.load(entry.subscriptionId));
  if (entry && existing && isLiving(existing)) {
    return entry.made ? activateOrResume(ports, existing, request) : finishSubscription(ports, existing, request);
  }
  // A later save of the flow was faster: this request is answered with the pointer to it, and never takes its place.
  if (entry && existing?.status === 'superseded') return leavePointer(ports, existing);

  // An entry that is not made yet has an id that another call, or this one before a crash, is about to write.
  const promised = entry && !entry.made && existing === undefined ? entry.subscriptionId : undefined;
  const rowKey = promised ? rowKeyOfId(promised) : newRowKey(request.threshold, random.token(NONCE_BYTES));
  const draft = draftOf(
    { subscriber, subject, request, rowKey, warnings: request.warnings, subjectName: request.subjectName },
    { cipher, nowMs: clock.now() },
  );
  const intent = { kind: 'subscribe', subscriptionId: draft.id, connection, requestKey } as const;
  const intendedMs = clock.now();
  await ports.work.add(intent, intendedMs);
  let entryEtag: string | undefined;
  if (promised === undefined) {
    const flow = await findFlow(ports, subscriber, trigger);
    const claimed = await connections.claimRequest(
      { connection, trigger, requestKey, subscriptionId: draft.id },
      {
        ...(entry && { replaces: entry }),
        ...(flow && { workflow: flow.claim }),
        succeeds: flow?.latest !== undefined && isLiving(flow.latest),
        max: ports.maxSubscriptionsPerConnection,
      },
    );
    if (claimed.kind !== 'claimed') {
      // Nothing of a request that is refused is stored. A conflict may be the echo of a claim that took effect: then the intent is needed.
      if (claimed.kind === 'full') await ports.work.withdraw(intent, intendedMs);
      return claimed;
    }
    entryEtag = claimed.etag;
  } else {
    // The entry is touched, so that nobody takes it for one that was given up.
    const request = { connection, trigger, requestKey, subscriptionId: draft.id };
    const touched = await connections.claimRequest(request, {
      ...(entry && { replaces: entry }),
      succeeds: true,
      max: Infinity,
    });
    if (touched.kind !== 'claimed') return { kind: 'conflict' };
    entryEtag = touched.etag;
  }
  const inserted = await store.insert(draft);
  const stored = inserted.kind === 'written' ? await store.load(draft.id) : undefined;
  return stored ? finishSubscription(ports, stored, request, entryEtag) : { kind: 'conflict' };
}

/** The place in the line first, then life, then what the connection and the predecessor must know. */
export async function finishSubscription(
  ports: StoreSubscriptionPorts,
  subscription: Subscription,
  remarks: Remarks,
  entryEtag?: string,
): Promise<StoreSubscriptionResult> {
  const line = await supersedePrevious(ports, subscription);
  if (line.kind === 'conflict') return line;
  const current = await ports.store.load(subscription.id);
  if (current === undefined) return { kind: 'conflict' };
  if (line.kind === 'overtaken') return leavePointer(ports, current);
  const placed = await activateOrResume(ports, current, remarks);
  if (placed.kind !== 'placed') return placed;
  const { predecessors } = line;
  for (const predecessor of predecessors) await ports.release(predecessor);
  // A later save took our place while we were being born.
  if (placed.subscription.status === 'superseded') return leavePointer(ports, placed.subscription);
  const isSettled = await ports.connections.settle(placed.subscription, predecessors.at(-1), entryEtag);
  if (isSettled) return placed;
  // It took so long that its entry was taken for given up. Nobody knows of this subscription: the next try makes another, which takes its place.
  await markDeleted(ports, placed.subscription);
  return { kind: 'conflict' };
}

/**
 * One that was overtaken before it lived: its row and entry go when nothing can need the pointer any more. Its flow is about to hear that
 * it is subscribed, so whoever was faster has to live by now, whatever became of the call that was making it.
 */
async function leavePointer(ports: StoreSubscriptionPorts, pointer: Subscription): Promise<StoreSubscriptionResult> {
  let faster: Subscription | undefined = pointer;
  while (faster?.status === 'superseded') faster = await ports.store.load(faster.successor ?? '');
  if (faster && isLiving(faster) && faster.activeFrom === undefined) {
    const placed = await finishSubscription(ports, faster, faster);
    if (placed.kind !== 'placed') return placed;
  }
  await ports.work.add({ kind: 'subscription', subscriptionId: pointer.id }, ports.clock.now());
  await ports.connections.overtake(pointer);
  return { kind: 'placed', subscription: pointer };
}

/** What a request says beside what it asks for: of a repeated one the latest is kept. */
interface Remarks {
  readonly label?: string | undefined;
  readonly subjectName?: string | undefined;
  readonly warnings: readonly string[];
}

/** A birth, and active again if it was paused or disabled: the flow has just shown that it is there. */
async function activateOrResume(
  ports: StoreSubscriptionPorts,
  subscription: Subscription,
  remarks: Remarks,
): Promise<StoreSubscriptionResult> {
  const born = await activate(ports, subscription);
  if (born === undefined) return { kind: 'unobserved' };
  const remarked = withRemarks(born, remarks);
  if (born.status !== 'paused' && born.status !== 'disabled') {
    if (remarked === born) return { kind: 'placed', subscription: born };
    const { kind } = await ports.store.writeTogether([remarked]);
    return kind === 'conflict' ? { kind } : { kind: 'placed', subscription: remarked };
  }
  const nowMs = ports.clock.now();
  const resumed = resume(remarked, nowMs);
  await ports.work.add({ kind: 'subscription', subscriptionId: born.id }, nowMs);
  if ((await ports.store.writeTogether([resumed])).kind === 'conflict') return { kind: 'conflict' };
  await ports.release(born);
  return { kind: 'placed', subscription: resumed };
}

/** The same object when nothing differs. A request without a label leaves the one that there is. */
function withRemarks(subscription: Subscription, remarks: Remarks): Subscription {
  const { label = subscription.label, subjectName = subscription.subjectName, warnings } = remarks;
  const isSame =
    label === subscription.label &&
    subjectName === subscription.subjectName &&
    warnings.join('\n') === subscription.warnings.join('\n');
  return isSame ? subscription : { ...subscription, label, subjectName, warnings };
}

/** Active again, with a clean record. */
export function resume(subscription: Subscription, nowMs: number): Subscription {
  return {
    ...subscription,
    status: 'active',
    reason: undefined,
    failingSince: undefined,
    deadDeliveries: 0,
    pausedSince: undefined,
    nextProbeAt: undefined,
    offCheckedAt: undefined,
    offMs: 0,
    resumedAt: new Date(nowMs).toISOString(),
  };
}

function isLiving({ status, ended }: Subscription): boolean {
  return !ended && (status === 'active' || status === 'paused' || status === 'disabled');
}
