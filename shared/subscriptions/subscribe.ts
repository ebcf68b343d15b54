import { checkCallbackUrl, type CallbackPolicy } from '../outgoing/callback-policy.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { shortHash, subjectHash, type Subject } from '../triggers/subject.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { giveBirth } from './birth.ts';
import type { CallbackCipher } from './callback-cipher.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { InstanceRegistry } from './instance-registry.ts';
import { subjectOf, validateSubscribeRequest, type SubscribeRequest } from './subscribe-request.ts';
import { sealContext } from './subscription-row.ts';
import {
  formatSubscriptionId,
  NONCE_BYTES,
  partitionOf,
  ROW_KEY_LENGTH,
  type SubscriptionAddress,
} from './subscription-id.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import { DELETED_GRACE_MS, type Subscription } from './subscription.ts';
import { thresholdKey } from './threshold-key.ts';

/** The subject as it was just read from Customer Insights; reading it was an observation. */
export type SubjectReading =
  | { readonly kind: 'found'; readonly warnings: readonly string[] }
  | { readonly kind: 'unknown-instance' }
  | { readonly kind: 'unknown-subject' }
  | { readonly kind: 'has-dimension' };

/** Who subscribes. The workflow fields come from headers that the platform may or may not send. */
export interface Subscriber {
  readonly connection: string;
  readonly workflowId: string | undefined;
  readonly operationName: string | undefined;
  readonly environmentId: string | undefined;
}

export interface SubscribePorts {
  readonly store: SubscriptionStore;
  readonly connections: ConnectionStore;
  readonly instances: InstanceRegistry;
  readonly cipher: CallbackCipher;
  readonly clock: Clock;
  readonly random: Random;
  readonly callbackPolicy: CallbackPolicy;
  /** Lower-case ids; empty allows all. */
  readonly allowedInstances: ReadonlySet<string>;
  readonly maxSubscriptionsPerConnection: number;
  /** Reads the subject through the detector: what it finds counts as an observation. */
  readonly readSubject: (subject: Subject) => Promise<SubjectReading>;
  readonly sequenceOf: (subscription: Subscription) => Promise<number | undefined>;
  /** Asks for the waiting deliveries of a subscription to go out now. */
  readonly release: (subscription: Subscription) => Promise<void>;
  /** Asks for a superseded subscription to be cleared away once nothing needs it. */
  readonly tidyLater: (subscription: Subscription) => Promise<void>;
}

export interface Subscribed {
  readonly kind: 'subscribed';
  readonly subscription: Subscription;
  readonly warnings: readonly string[];
}

/**
 * Makes a subscription, or finds the one that the same request made before. Nothing is stored when the answer is a refusal.
 * Rejects when Customer Insights or storage gives no answer; the same call may then be made again.
 */
export async function subscribe(
  ports: SubscribePorts,
  subscriber: Subscriber,
  trigger: Trigger,
  body: unknown,
): Promise<Subscribed | Refusal> {
  const validated = validateSubscribeRequest(trigger, body);
  if (validated.kind === 'invalid') {
    return refusal('body-invalid', 'The subscription is not complete or has a wrong value.', {
      errors: validated.errors,
    });
  }
  const request = validated.value;
  const allowed = checkCallbackUrl(request.callbackUrl, ports.callbackPolicy);
  if (allowed.kind === 'refused') return refusal('callback-url-not-allowed', allowed.reason);
  const subject = subjectOf(trigger, request);
  if (ports.allowedInstances.size > 0 && !ports.allowedInstances.has(subject.instanceId)) {
    return refusal('instance-not-allowed', 'The operator of this service does not allow this instance.');
  }
  const reading = await ports.readSubject(subject);
  if (reading.kind !== 'found') return refusalOf(reading, subject);

  // Somebody else changing the same rows is a retry; so many in a row is a storm that the caller should sit out.
  for (let tries = 0; tries < 8; tries++) {
    const placed = await place(ports, subscriber, subject, request);
    switch (placed.kind) {
      case 'placed':
        await ports.instances.register(subject.instanceId);
        return { kind: 'subscribed', subscription: placed.subscription, warnings: reading.warnings };
      case 'full':
        return refusal(
          'subscriptions-exhausted',
          `This connection has ${ports.maxSubscriptionsPerConnection} subscriptions already. Delete some that are not needed.`,
        );
      case 'unobserved':
        await ports.readSubject(subject);
        break;
      case 'conflict':
        break;
      default:
        return unreachable(placed);
    }
  }
  return refusal('subscription-changing', 'Another call is changing this subscription. Try again in a moment.');
}

type Placed =
  | { readonly kind: 'placed'; readonly subscription: Subscription }
  /** Somebody else wrote the same rows. */
  | { readonly kind: 'conflict' }
  /** The connection has as many subscriptions as it may have. */
  | { readonly kind: 'full' }
  /** Nobody observes the subject any more: it must be read again first. */
  | { readonly kind: 'unobserved' };

/** One try to get the subscription stored, settled and alive. */
async function place(
  ports: SubscribePorts,
  subscriber: Subscriber,
  subject: Subject,
  request: SubscribeRequest,
): Promise<Placed> {
  const { connection } = subscriber;
  const { trigger } = subject;
  const requestKey = requestKeyOf(subject, request);
  const entry = await ports.connections.findRequest(connection, trigger, requestKey);
  const existing = entry && (await ports.store.load(entry.subscriptionId));
  if (entry && existing && isLiving(existing)) {
    if (entry.made) return bringToLife(ports, existing);
    return settle(ports, existing, await findPredecessor(ports, existing));
  }

  // An entry that is not made yet has an id that another call, or this one before a crash, is about to write.
  const reused = entry && !entry.made && existing === undefined ? entry.subscriptionId : undefined;
  const draft = draftOf(ports, subscriber, subject, request, requestKey, reused);
  const predecessor = await findPredecessor(ports, draft);
  if (reused === undefined) {
    const claimed = await ports.connections.claimRequest(
      { connection, trigger, requestKey, subscriptionId: draft.id },
      {
        ...(entry && { replaces: entry }),
        counts: predecessor === undefined || predecessor.status === 'deleted',
        max: ports.maxSubscriptionsPerConnection,
      },
    );
    if (claimed !== 'claimed') return { kind: claimed };
  }
  const inserted =
    predecessor && sameInput(predecessor, draft)
      ? await ports.store.writeTogether([
          { ...draft, predecessor: predecessor.id },
          { ...predecessor, status: 'superseded', successor: draft.id, callback: undefined },
        ])
      : await ports.store.insert(draft);
  const stored = inserted.kind === 'written' ? await ports.store.load(draft.id) : undefined;
  return stored ? settle(ports, stored, predecessor) : { kind: 'conflict' };
}

/** A birth, and active again if it was paused or disabled: the flow has just shown that it is there. */
async function bringToLife(ports: SubscribePorts, subscription: Subscription): Promise<Placed> {
  const born = await giveBirth(ports, subscription);
  if (born === undefined) return { kind: 'unobserved' };
  if (born.status !== 'paused' && born.status !== 'disabled') return { kind: 'placed', subscription: born };
  const resumed = resume(born);
  if ((await ports.store.writeTogether([resumed])).kind === 'conflict') return { kind: 'conflict' };
  await ports.release(resumed);
  return { kind: 'placed', subscription: resumed };
}

/** Life, then what the other tables and the predecessor must know; every step may be done twice. */
async function settle(
  ports: SubscribePorts,
  subscription: Subscription,
  predecessor: Subscription | undefined,
): Promise<Placed> {
  const placed = await bringToLife(ports, subscription);
  if (placed.kind !== 'placed') return placed;
  await ports.connections.settle(placed.subscription, predecessor);
  if (predecessor) {
    if (isLiving(predecessor) && !sameInput(predecessor, subscription)) {
      await ports.store.end({ ...predecessor, status: 'superseded' });
    }
    await ports.release(predecessor);
    await ports.tidyLater(predecessor);
  }
  return placed;
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

/** The latest earlier subscription of the same flow whose place this one takes, or took before a crash. */
async function findPredecessor(ports: SubscribePorts, heir: Subscription): Promise<Subscription | undefined> {
  if (heir.workflowKey === undefined) return undefined;
  const entry = await ports.connections.findWorkflow(heir.connection, heir.trigger, heir.workflowKey);
  let candidate = entry && (await ports.store.load(entry.subscriptionId));
  while (candidate?.status === 'superseded' && candidate.successor !== undefined && candidate.successor !== heir.id) {
    candidate = await ports.store.load(candidate.successor);
  }
  if (candidate === undefined || candidate.id === heir.id || candidate.ended) return undefined;
  if (candidate.status !== 'deleted') return candidate;
  const deletedForMs = ports.clock.now() - Date.parse(candidate.deletedAt ?? '');
  return deletedForMs < DELETED_GRACE_MS ? candidate : undefined;
}

function draftOf(
  ports: SubscribePorts,
  subscriber: Subscriber,
  subject: Subject,
  request: SubscribeRequest,
  requestKey: string,
  reusedId: string | undefined,
): Subscription {
  const { trigger, instanceId } = subject;
  const rowKey =
    reusedId?.slice(-ROW_KEY_LENGTH) ?? thresholdKey(request.threshold ?? 0) + ports.random.token(NONCE_BYTES);
  const address: SubscriptionAddress = { trigger, instanceId, subjectHash: subjectHash(subject), rowKey };
  const { workflowId, operationName, environmentId, connection } = subscriber;
  return {
    id: formatSubscriptionId(address),
    address,
    connection,
    trigger,
    instanceId,
    subject: subject.name,
    threshold: request.threshold,
    label: request.label,
    status: 'active',
    birth: undefined,
    until: undefined,
    successor: undefined,
    predecessor: undefined,
    requestKey,
    workflowKey: workflowId && shortHash(workflowId, operationName ?? ''),
    workflowId,
    environmentId,
    callback: ports.cipher.seal(request.callbackUrl, sealContext(address)),
    createdAt: new Date(ports.clock.now()).toISOString(),
    failingSince: undefined,
    deadDeliveries: 0,
    pausedSince: undefined,
    probe: undefined,
    deletedAt: undefined,
    ended: false,
    etag: '',
  };
}

function requestKeyOf({ instanceId, name }: Subject, { threshold, callbackUrl }: SubscribeRequest): string {
  return shortHash(instanceId, name, threshold === undefined ? '' : thresholdKey(threshold), callbackUrl);
}

function isLiving({ status, ended }: Subscription): boolean {
  return !ended && (status === 'active' || status === 'paused' || status === 'disabled');
}

/** Same subject and same threshold: then it is in the same partition, beside its predecessor. */
function sameInput(one: Subscription, other: Subscription): boolean {
  return partitionOf(one.address) === partitionOf(other.address) && one.threshold === other.threshold;
}

function refusalOf(reading: Exclude<SubjectReading, { kind: 'found' }>, subject: Subject): Refusal {
  switch (reading.kind) {
    case 'unknown-instance':
      return refusal('instance-unknown', 'Customer Insights knows no such instance.');
    case 'has-dimension':
      return refusal(
        'measure-has-dimension',
        'This measure has a dimension, so it has no single value to compare with a threshold. Choose a business measure without dimension.',
      );
    case 'unknown-subject':
      switch (subject.trigger) {
        case 'segment-threshold-crossed':
          return refusal('segment-unknown', 'The instance has no segment of this name.');
        case 'measure-threshold-crossed':
          return refusal('measure-unknown', 'The instance has no measure of this name.');
        default:
          return refusal('data-source-unknown', 'The instance has no data source with this id.');
      }
    default:
      return unreachable(reading);
  }
}
