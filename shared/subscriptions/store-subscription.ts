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
  /** Encrypts the callback URL. */
  readonly cipher: CallbackCipher;
  readonly random: Random;
  readonly maxSubscriptionsPerConnection: number;
  /** Enqueues a `release` message: a worker then sends the subscription's parked deliveries. */
  readonly release: (subscription: Subscription) => Promise<void>;
  /**
   * Called with a connection's number of subscriptions after one was added, to record the usage of
   * its limit.
   */
  readonly onCounted: (connection: string, count: number) => void;
}

export type StoreSubscriptionResult =
  | { readonly kind: 'stored'; readonly subscription: Subscription }
  /** Another writer changed the same rows. */
  | { readonly kind: 'conflict' }
  /** The connection has reached its maximum number of subscriptions. */
  | { readonly kind: 'full' }
  /**
   * The subject has to be read again first. It was forgotten or marked for removal since it was
   * read, because no stored subscription needed it.
   */
  | { readonly kind: 'unobserved' };

/**
 * Tries once to create a subscription: stores it, supersedes those of the flow's previous saves,
 * activates it and completes its request entry (`ConnectionStore`). If the same request was made
 * before, finds the subscription that it created. Every step can be repeated, so a try may continue
 * where an earlier one failed.
 */
export async function storeSubscription(
  ports: StoreSubscriptionPorts,
  subscriber: Subscriber,
  subject: Subject,
  request: SubscribeRequest & Pick<Details, 'warnings' | 'subjectName'>,
): Promise<StoreSubscriptionResult> {
  const { store, connections, cipher, clock, random } = ports;
  const { connection } = subscriber;
  const { trigger } = subject;
  const requestKey = requestKeyOf(subject, request);
  const entry = await connections.findRequest(connection, trigger, requestKey);
  const existing = entry && (await store.load(entry.subscriptionId));
  if (entry && existing && isCurrent(existing)) {
    return entry.isComplete ? activateOrResume(ports, existing, request) : finishSubscription(ports, existing, request);
  }
  // A later save of the flow finished first. This request returns its own subscription, which
  // redirects to the later one, and never supersedes the later one.
  if (entry && existing?.status === 'superseded') return keepRedirect(ports, existing);

  // The entry of an unfinished request reserves the id of a subscription that another call, or an
  // earlier try of this call, is about to store.
  const reservedId = entry && !entry.isComplete && existing === undefined ? entry.subscriptionId : undefined;
  const rowKey = reservedId ? rowKeyOfId(reservedId) : newRowKey(request.threshold, random.token(NONCE_BYTES));
  const draft = draftOf(
    { subscriber, subject, request, rowKey, warnings: request.warnings, subjectName: request.subjectName },
    { cipher, nowMs: clock.now() },
  );
  // The work list names the request before its rows exist, so that the reconciler finishes or
  // undoes it if this process crashes.
  const intent = { kind: 'subscribe', subscriptionId: draft.id, connection, requestKey } as const;
  const intendedMs = clock.now();
  await ports.work.add(intent, intendedMs);
  let entryEtag: string | undefined;
  if (reservedId === undefined) {
    const flow = await findFlow(ports, subscriber, trigger);
    const claimed = await connections.claimRequest(
      { connection, trigger, requestKey, subscriptionId: draft.id },
      {
        ...(entry && { replaces: entry }),
        ...(flow && { workflow: flow.claim }),
        willSupersede: flow?.latest !== undefined && isCurrent(flow.latest),
        max: ports.maxSubscriptionsPerConnection,
      },
    );
    if (claimed.kind !== 'claimed') {
      // A refused request must leave nothing behind. After a conflict the claim may have succeeded,
      // so the work item stays.
      if (claimed.kind === 'full') await ports.work.withdraw(intent, intendedMs);
      return claimed;
    }
    entryEtag = claimed.etag;
    if (claimed.count !== undefined) ports.onCounted(connection, claimed.count);
  } else {
    // Rewriting the entry changes its ETag, so that the reconciler cannot remove it as abandoned.
    const request = { connection, trigger, requestKey, subscriptionId: draft.id };
    const rewritten = await connections.claimRequest(request, {
      ...(entry && { replaces: entry }),
      willSupersede: true,
      max: Infinity,
    });
    if (rewritten.kind !== 'claimed') return { kind: 'conflict' };
    entryEtag = rewritten.etag;
  }
  const inserted = await store.insert(draft);
  const stored = inserted.kind === 'written' ? await store.load(draft.id) : undefined;
  return stored ? finishSubscription(ports, stored, request, entryEtag) : { kind: 'conflict' };
}

/**
 * Supersedes the previous saves of the flow, then activates the subscription, then completes its
 * request entry. Passing the ETag of the entry saves a read.
 */
export async function finishSubscription(
  ports: StoreSubscriptionPorts,
  subscription: Subscription,
  details: Details,
  entryEtag?: string,
): Promise<StoreSubscriptionResult> {
  const superseded = await supersedePrevious(ports, subscription);
  if (superseded.kind === 'conflict') return superseded;
  const current = await ports.store.load(subscription.id);
  if (current === undefined) return { kind: 'conflict' };
  if (superseded.kind === 'overtaken') return keepRedirect(ports, current);
  const activated = await activateOrResume(ports, current, details);
  if (activated.kind !== 'stored') return activated;
  const { previous } = superseded;
  for (const earlier of previous) await ports.release(earlier);
  // A later save superseded this one while it was being activated.
  if (activated.subscription.status === 'superseded') return keepRedirect(ports, activated.subscription);
  const isCompleted = await ports.connections.complete(activated.subscription, previous.at(-1), entryEtag);
  if (isCompleted) return activated;
  // The request took so long that its entry was removed as abandoned. The next try creates another
  // subscription, which supersedes this one.
  await markDeleted(ports, activated.subscription);
  return { kind: 'conflict' };
}

/**
 * Keeps a subscription that the subscription of a later save has superseded before it was active.
 * Its row redirects to the later one as long as a delivery may need the redirect. The caller is
 * about to report success to the flow, so the later one has to be active. If its own request has
 * not activated it yet, this function does.
 */
async function keepRedirect(ports: StoreSubscriptionPorts, redirect: Subscription): Promise<StoreSubscriptionResult> {
  let later: Subscription | undefined = redirect;
  while (later?.status === 'superseded')
    later = later.successor === undefined ? undefined : await ports.store.load(later.successor);
  if (later && isCurrent(later) && later.activeFrom === undefined) {
    const finished = await finishSubscription(ports, later, later);
    if (finished.kind !== 'stored') return finished;
  }
  await ports.work.add({ kind: 'subscription', subscriptionId: redirect.id }, ports.clock.now());
  await ports.connections.completeOvertaken(redirect);
  return { kind: 'stored', subscription: redirect };
}

/**
 * The parts of a request that are not in its key (`requestKeyOf`). A repeated request replaces
 * them.
 */
interface Details {
  readonly label?: string | undefined;
  readonly subjectName?: string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Activates a subscription, or resumes it if it was paused or disabled, because the flow has just
 * been saved.
 */
async function activateOrResume(
  ports: StoreSubscriptionPorts,
  subscription: Subscription,
  details: Details,
): Promise<StoreSubscriptionResult> {
  const active = await activate(ports, subscription);
  if (active === undefined) return { kind: 'unobserved' };
  const updated = withDetails(active, details);
  if (active.status !== 'paused' && active.status !== 'disabled') {
    if (updated === active) return { kind: 'stored', subscription: active };
    const { kind } = await ports.store.writeTogether([updated]);
    return kind === 'conflict' ? { kind } : { kind: 'stored', subscription: updated };
  }
  const nowMs = ports.clock.now();
  const resumed = resume(updated, nowMs);
  await ports.work.add({ kind: 'subscription', subscriptionId: active.id }, nowMs);
  if ((await ports.store.writeTogether([resumed])).kind === 'conflict') return { kind: 'conflict' };
  await ports.release(active);
  return { kind: 'stored', subscription: resumed };
}

/**
 * Replaces the details of a subscription. Returns the same object when nothing differs. If the
 * request has no label or name, the existing one stays.
 */
function withDetails(subscription: Subscription, details: Details): Subscription {
  const { label = subscription.label, subjectName = subscription.subjectName, warnings } = details;
  const isSame =
    label === subscription.label &&
    subjectName === subscription.subjectName &&
    warnings.join('\n') === subscription.warnings.join('\n');
  return isSame ? subscription : { ...subscription, label, subjectName, warnings };
}

/**
 * Returns the subscription as active, without the traces of its failures, its pause and its probes
 * (`offMs`: how long probes have found the flow turned off). Pure.
 */
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

/** Whether the subscription is neither ended nor replaced nor deleted. */
function isCurrent({ status, ended }: Subscription): boolean {
  return !ended && (status === 'active' || status === 'paused' || status === 'disabled');
}
