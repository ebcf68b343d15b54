import { allowsInstance, instanceNotAllowed } from '../allowed-instances.ts';
import { isIP } from 'node:net';
import { bodyRefusal } from '../body-error.ts';
import { checkCallbackHost } from '../outgoing/check-callback-host.ts';
import { checkCallbackUrl, type CallbackPolicy } from '../outgoing/callback-policy.ts';
import type { Lookup } from '../outgoing/lookup.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Subject } from '../triggers/subject.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import type { InstanceRegistry } from './instance-registry.ts';
import { subjectRefusal, type UnusableSubject } from './subject-refusal.ts';
import { storeSubscription, type StoreSubscriptionPorts } from './store-subscription.ts';
import { subjectOf, validateSubscribeRequest } from './subscribe-request.ts';
import type { Subscriber } from './subscription-draft.ts';
import type { Subscription } from './subscription.ts';
import { thresholdWarnings, type ReadSubject } from './threshold-warnings.ts';

/**
 * The subject as it was just read from Customer Insights. As after a poll, its new values are
 * stored as observations.
 */
export type SubjectReading =
  | ({
      readonly kind: 'found';
      /** Sentences for the maker (`NewSubscription.warnings`). */
      readonly warnings: readonly string[];
      /** The display name of a segment, measure or data source. */
      readonly displayName?: string | undefined;
    } & ReadSubject)
  | UnusableSubject;

export interface SubscribePorts extends StoreSubscriptionPorts {
  readonly instances: InstanceRegistry;
  readonly callbackPolicy: CallbackPolicy;
  readonly lookup: Lookup;
  /** The ids in `ALLOWED_INSTANCES`, in lower case. If there are none, all are allowed. */
  readonly allowedInstances: ReadonlySet<string>;
  /** Reads the subject from Customer Insights and stores the result, as a poll does. */
  readonly readSubject: (subject: Subject) => Promise<SubjectReading>;
}

export interface Subscribed {
  readonly kind: 'subscribed';
  readonly subscription: Subscription;
}

/** Maximum number of tries, after which the caller is asked to wait. */
const MAX_TRIES = 30;

/**
 * Creates a subscription, or finds the one that the same request created before. Stores nothing
 * when it returns a refusal. Rejects when Customer Insights or storage does not respond. The caller
 * can then repeat the call.
 */
export async function subscribe(
  ports: SubscribePorts,
  subscriber: Subscriber,
  trigger: Trigger,
  body: unknown,
): Promise<Subscribed | Refusal> {
  const validated = validateSubscribeRequest(trigger, body);
  if (validated.kind === 'invalid') {
    return bodyRefusal(validated.errors);
  }
  const request = validated.value;
  const refused = await callbackRefusal(ports, request.callbackUrl);
  if (refused) return refused;
  const requested = subjectOf(trigger, request);
  if (!allowsInstance(ports.allowedInstances, requested.instanceId)) return instanceNotAllowed();
  const { subject, reading } = await readNamed(ports, requested);
  if (reading.kind !== 'found') return subjectRefusal(reading, 'trigger');

  const warnings = [...reading.warnings, ...thresholdWarnings(request.threshold, reading)];
  const subjectName = reading.displayName;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const result = await storeSubscription(ports, subscriber, subject, { ...request, warnings, subjectName });
    switch (result.kind) {
      case 'stored':
        await ports.instances.register(subject.instanceId);
        return { kind: 'subscribed', subscription: result.subscription };
      case 'full':
        return refusal('subscriptions-exhausted', fullConnection(ports.maxSubscriptionsPerConnection));
      case 'unobserved':
        // The subject was forgotten, or marked for removal, since it was read above.
        await ports.readSubject(subject);
        break;
      case 'conflict':
        break;
      default:
        return unreachable(result);
    }
  }
  return refusal('subscription-changing', 'Another call is changing this subscription. Try again in a moment.', {
    retryAfterMs: 1_000,
  });
}

function fullConnection(limit: number): string {
  const has = limit === 1 ? '1 subscription' : `${limit} subscriptions`;
  return `This connection already has ${has}, and may not have more. Every flow that is turned on needs one. Turn off flows that nobody needs, or delete their subscriptions (actions List subscriptions and Delete a subscription). Or use a connection with another key or user: connections with the same key or user count as one.`;
}

/**
 * Reads a subject by its name as given, because spaces at the ends of the name may belong to it. If
 * no such subject exists, tries the name without these spaces.
 */
async function readNamed(
  { readSubject }: Pick<SubscribePorts, 'readSubject'>,
  requested: Subject,
): Promise<{ readonly subject: Subject; readonly reading: SubjectReading }> {
  const reading = await readSubject(requested);
  const trimmed = requested.name.trim();
  if (reading.kind !== 'unknown-subject' || trimmed === requested.name) return { subject: requested, reading };
  const subject = { ...requested, name: trimmed };
  return { subject, reading: await readSubject(subject) };
}

/** Returns a refusal if the callback URL may not be called, or undefined if it may. */
async function callbackRefusal(
  { callbackPolicy, lookup }: Pick<SubscribePorts, 'callbackPolicy' | 'lookup'>,
  callbackUrl: string,
): Promise<Refusal | undefined> {
  const url = checkCallbackUrl(callbackUrl, callbackPolicy);
  if (url.kind === 'refused') return refusal('callback-url-not-allowed', url.reason);
  // `public`: the host may have public addresses, and each call checks them. An IP address has just
  // been checked. Any other host must have only addresses in the allowed networks.
  if (url.reach === 'public' || isIP(url.host) !== 0) return undefined;
  const host = await checkCallbackHost(url.host, callbackPolicy, lookup);
  switch (host.kind) {
    case 'allowed':
      return undefined;
    case 'refused':
      return refusal('callback-url-not-allowed', host.reason);
    case 'unresolved':
      return refusal('callback-host-unresolved', 'The host name of the callback URL cannot be looked up right now.', {
        retryAfterMs: 10_000,
      });
    default:
      return unreachable(host);
  }
}
