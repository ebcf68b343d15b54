import type { KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { callbackHeaders } from '../deliveries/callback-request.ts';
import { classify, type Verdict } from '../deliveries/attempt/classification.ts';
import { nextRetry } from '../deliveries/retry/retry-schedule.ts';
import type { Log } from '../log.ts';
import type { CallbackClient } from '../outgoing/callback-client.ts';
import type { Random } from '../random.ts';
import type { StatusNotice } from '../subscriptions/status-notice.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { WebhookPermits } from './webhook-permits.ts';
import { notificationId, statusNotification } from './status-notification.ts';

export interface NotifyOperatorPorts {
  readonly store: Pick<SubscriptionStore, 'load' | 'writeTogether'>;
  readonly client: CallbackClient;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  readonly log: Log;
  readonly userAgent: string;
  readonly signingSecrets: readonly KeyObject[];
  /** Delay before each retry, as for callbacks. */
  readonly scheduleSeconds: readonly number[];
  /** `OPERATOR_WEBHOOK_URL`. A secret, because the webhook may be a flow. */
  readonly url: string;
  /** The URL of this app, for links to the dashboard. */
  readonly publicBaseUrl: string;
  readonly permits: WebhookPermits;
}

/** How long a worker's claim on a notice lasts: longer than a call can take. */
const CLAIM_MS = 150_000;
/**
 * Maximum number of tries to store the result of a call. If all of them conflict with other
 * writers, the notice is sent again later.
 */
const MAX_TRIES = 5;

/** If a notice is overdue by more than this, its message counts as lost. */
const SLACK_MS = 30_000;
/** Delay before the reconciler checks a notice again whose message it has replaced. */
const AGAIN_MS = 60_000;

/**
 * Sends the due notices of a subscription to the operator's webhook, in the order of their due
 * times. A notice is a change of the subscription's status (`StatusNotice`). A notice that fails is
 * retried on the schedule of callbacks, and dropped when the schedule is used up. A notice for
 * which the webhook is too busy is postponed. Returns when the next notice is due, if this call has
 * sent or postponed one and the caller therefore has to send a message for it.
 */
export async function notifyOperator(ports: NotifyOperatorPorts, subscriptionId: string): Promise<number | undefined> {
  let hasSent = false;
  for (;;) {
    const subscription = await ports.store.load(subscriptionId);
    const notice = nextNotice(subscription);
    if (subscription === undefined || notice === undefined) return undefined;
    const nowMs = ports.clock.now();
    if (nowMs < notice.dueAtMs) return hasSent ? notice.dueAtMs : undefined;
    const permit = ports.permits.take();
    const isPermitted = permit.kind === 'permit';
    let outcome: SendResult['kind'] | 'not-called' = 'not-called';
    const claimed: StatusNotice = { ...notice, dueAtMs: nowMs + (isPermitted ? CLAIM_MS : permit.delayMs) };
    try {
      // A notice that is postponed gets a new due time too, so that the reconciler does not replace
      // its message.
      const written = await ports.store.writeTogether([
        { ...subscription, notices: replaced(subscription, notice, claimed) },
      ]);
      if (written.kind === 'conflict') continue;
      if (!isPermitted) return claimed.dueAtMs;
      hasSent = true;
      const sent = await send(ports, subscription, claimed);
      outcome = sent.kind;
      await store(ports, subscription, claimed, sent.kind === 'failed' ? sent.retry : undefined);
    } finally {
      if (isPermitted) permit.release(outcome);
    }
  }
}

/**
 * Enqueues another message for a subscription whose notice is overdue, because the message for it
 * was lost. Returns when to call this again, and `undefined` when no notice is left. Sends no
 * notice itself.
 */
export async function enqueueOverdueNotice(
  ports: Pick<NotifyOperatorPorts, 'store' | 'clock'> & {
    /** Enqueues a `release` message, whose worker calls `notifyOperator`. */
    readonly release: (subscription: Subscription) => Promise<void>;
  },
  subscriptionId: string,
): Promise<number | undefined> {
  const subscription = await ports.store.load(subscriptionId);
  const notice = nextNotice(subscription);
  if (subscription === undefined || notice === undefined) return undefined;
  const nowMs = ports.clock.now();
  if (nowMs < notice.dueAtMs + SLACK_MS) return notice.dueAtMs + SLACK_MS;
  await ports.release(subscription);
  return nowMs + AGAIN_MS;
}

/** The notice of a subscription that is due first. */
function nextNotice(subscription: Subscription | undefined): StatusNotice | undefined {
  return subscription?.notices?.toSorted((one, other) => one.dueAtMs - other.dueAtMs)[0];
}

type SendResult =
  | { readonly kind: 'delivered' }
  /** `retry` is the notice with its next due time, absent when the notice is given up. */
  | { readonly kind: 'failed'; readonly retry?: StatusNotice };

/** Sends one notice. */
async function send(
  { client, clock, random, log, scheduleSeconds, signingSecrets, userAgent, url, publicBaseUrl }: NotifyOperatorPorts,
  subscription: Subscription,
  notice: StatusNotice,
): Promise<SendResult> {
  const id = notificationId(subscription.id, notice);
  const body = JSON.stringify(statusNotification(subscription, notice, publicBaseUrl));
  const headers = callbackHeaders({ deliveryId: id, userAgent, secrets: signingSecrets, atMs: clock.now(), body });
  const verdict = classify(await client.post({ url, headers, body }));
  const fields = { notificationId: id, subscriptionId: subscription.id, status: notice.status };
  if (verdict.kind === 'delivered') {
    log.info('operator.notified', fields);
    return { kind: 'delivered' };
  }
  const attempts = notice.attempts + 1;
  const next = isFinal(verdict)
    ? ({ kind: 'exhausted' } as const)
    : nextRetry({
        attempt: attempts,
        scheduleSeconds,
        jitter: random.fraction(),
        ...('retryAfterMs' in verdict && { retryAfterMs: verdict.retryAfterMs }),
      });
  const isGivenUp = next.kind === 'exhausted';
  const code = 'code' in verdict ? verdict.code : verdict.kind;
  log.warn('operator.not-notified', { ...fields, code, attempts, isGivenUp });
  if (isGivenUp) return { kind: 'failed' };
  return { kind: 'failed', retry: { ...notice, attempts, dueAtMs: clock.now() + next.delayMs } };
}

/** Whether a further call would be refused for the same reason. */
function isFinal({ kind }: Verdict): boolean {
  return kind === 'dead' || kind === 'gone';
}

/** Replaces a notice (`before`) with its result in the current version of the row. */
async function store(
  ports: NotifyOperatorPorts,
  { id }: Subscription,
  before: StatusNotice,
  after: StatusNotice | undefined,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const current = await ports.store.load(id);
    if (current === undefined) return;
    const notices = replaced(current, before, after);
    if ((await ports.store.writeTogether([{ ...current, notices }])).kind === 'written') return;
  }
}

/** The notices of a subscription with `before` replaced, or removed if there is no `after`. */
function replaced(
  { notices = [] }: Subscription,
  before: StatusNotice,
  after: StatusNotice | undefined,
): StatusNotice[] {
  return notices.flatMap((notice) => {
    const isMeant = notice.at === before.at && notice.status === before.status;
    return isMeant ? (after ?? []) : notice;
  });
}
