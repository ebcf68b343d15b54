import type {
  HourResponse,
  InstanceResponse,
  QueueResponse,
  SubscriptionResponse,
} from '../../shared/operations/operator-responses.ts';
import { hashOf } from './route.ts';
import { conditionOf, counted, shownSpan } from './wording.ts';

/** A problem that an operator should check, with a link to the details. */
export interface Concern {
  /** Stays the same while the problem lasts. */
  readonly id: string;
  readonly severity: 'bad' | 'warning';
  readonly what: string;
  readonly why: string;
  readonly href?: string;
  /** The mark, where it is not that of the severity. A failing flow has the mark of its badge. */
  readonly mark?: 'bad';
}

export interface Observed {
  readonly nowMs: number;
  readonly instances: readonly InstanceResponse[];
  readonly queues: readonly QueueResponse[];
  readonly hours: readonly HourResponse[];
  /** Active subscriptions whose deliveries fail. */
  readonly failing: readonly SubscriptionResponse[];
  readonly disabled: readonly SubscriptionResponse[];
  readonly paused: readonly SubscriptionResponse[];
  readonly instanceName: (instanceId: string) => string;
}

/** Polls run every minute by default. A longer gap than this is a problem. */
const POLL_LATE_MS = 5 * 60_000;
/**
 * A due message is normally taken within a second. A longer wait means that no worker runs or that
 * there is too much work.
 */
const QUEUE_LATE_MS = 5 * 60_000;
/**
 * An event is normally fanned out within seconds. After a crash, another worker resumes its outbox
 * entry when the claim expires, after two minutes.
 */
const EVENT_LATE_MS = 10 * 60_000;

/** The problems that need attention, the most severe first. Pure. */
export function concernsOf(observed: Observed): Concern[] {
  const all = [
    ...observed.queues.flatMap((queue) => ofQueue(queue, observed.nowMs)),
    ...observed.instances.flatMap((instance) => ofInstance(instance, observed)),
    ...observed.disabled.map(ofDisabled),
    ...observed.failing.map((subscription) => ofFailing(subscription, observed.nowMs)),
    ...ofDeliveries(observed.hours),
    ...observed.paused.map(ofPaused),
  ];
  return [...all.filter(({ severity }) => severity === 'bad'), ...all.filter(({ severity }) => severity !== 'bad')];
}

function ofQueue({ queue, poisonLength, oldestSentAt }: QueueResponse, nowMs: number): Concern[] {
  const concerns: Concern[] = [];
  if (poisonLength > 0) {
    concerns.push({
      id: `poison ${queue}`,
      severity: 'bad',
      what: `${counted(poisonLength, 'poisoned message', 'poisoned messages')} in ${queue}`,
      why: 'A function failed five times on each: a bug of this app. Redrive them once it is repaired.',
    });
  }
  // Messages of the retries queue are sent long before they are due, so their age is no problem.
  const ageMs = oldestSentAt === undefined || queue === 'retries' ? 0 : nowMs - Date.parse(oldestSentAt);
  if (ageMs > QUEUE_LATE_MS) {
    concerns.push({
      id: `late ${queue}`,
      severity: 'bad',
      what: `The queue ${queue} is ${shownSpan(ageMs)} behind`,
      why: 'Messages that are due are not taken. Is the app running?',
    });
  }
  return concerns;
}

function ofInstance(instance: InstanceResponse, { nowMs, instanceName }: Observed): Concern[] {
  const { instanceId, lastPolledAt, failing, oldestOutboxEntryAt } = instance;
  const name = instanceName(instanceId);
  const concerns: Concern[] = [];
  const sincePollMs = lastPolledAt === undefined ? 0 : nowMs - Date.parse(lastPolledAt);
  if (sincePollMs > POLL_LATE_MS) {
    concerns.push({
      id: `unpolled ${instanceId}`,
      severity: 'bad',
      what: `${name} was last polled ${shownSpan(sincePollMs)} ago`,
      why: 'Nothing that happens there is noticed meanwhile.',
    });
  }
  for (const { list, since, reason } of failing) {
    concerns.push({
      id: `failing ${instanceId} ${list}`,
      severity: 'bad',
      what: `${name}: ${list} unreadable for ${shownSpan(nowMs - Date.parse(since))}`,
      why: reason,
    });
  }
  const openMs = oldestOutboxEntryAt === undefined ? 0 : nowMs - Date.parse(oldestOutboxEntryAt);
  if (openMs > EVENT_LATE_MS) {
    concerns.push({
      id: `open ${instanceId}`,
      severity: 'warning',
      what: `${name}: an event has been on its way for ${shownSpan(openMs)}`,
      why: 'The next poll goes on with what a crashed worker left.',
    });
  }
  return concerns;
}

function ofDisabled(subscription: SubscriptionResponse): Concern {
  if (subscription.reason === 'operator') {
    return {
      id: subscription.id,
      severity: 'warning',
      what: `${subscriptionName(subscription)} is paused by an operator`,
      why: 'Nothing is sent until it is resumed or its flow is saved again.',
      href: hashOf({ view: 'subscription', id: subscription.id, days: 7 }),
    };
  }
  return {
    id: subscription.id,
    severity: 'bad',
    what: `${subscriptionName(subscription)} is disabled`,
    why: `It failed for days; ${counted(subscription.health.deadDeliveries, 'delivery is', 'deliveries are')} dead. New ones wait.`,
    href: hashOf({ view: 'subscription', id: subscription.id, days: 7 }),
  };
}

/**
 * A subscription must fail for this long before it is listed, because short failures are retried.
 */
const FAILING_LONG_MS = 3_600_000;

function ofFailing(subscription: SubscriptionResponse, nowMs: number): Concern {
  const { failingSince = '', deadDeliveries } = subscription.health;
  const forMs = nowMs - Date.parse(failingSince);
  const rest =
    deadDeliveries === 0
      ? 'What failed is tried again.'
      : `${counted(deadDeliveries, 'delivery is dead and is', 'deliveries are dead and are')} not tried again: recover ${deadDeliveries === 1 ? 'it' : 'them'} when the flow works.`;
  return {
    id: subscription.id,
    severity: forMs >= FAILING_LONG_MS ? 'bad' : 'warning',
    what: `${subscriptionName(subscription)} has been failing for ${shownSpan(forMs)}`,
    why: `No call has succeeded since. ${rest}`,
    mark: 'bad',
    href: hashOf({ view: 'subscription', id: subscription.id, days: 7 }),
  };
}

function ofPaused(subscription: SubscriptionResponse): Concern {
  return {
    id: subscription.id,
    severity: 'warning',
    what: `${subscriptionName(subscription)} is paused`,
    why: 'The flow is turned off. Its deliveries wait until it is turned on. After seven days the subscription ends, and they end with it.',
    href: hashOf({ view: 'subscription', id: subscription.id, days: 7 }),
  };
}

function ofDeliveries(hours: readonly HourResponse[]): Concern[] {
  const dead = hours.reduce((sum, hour) => sum + hour.dead, 0);
  if (dead === 0) return [];
  return [
    {
      id: 'dead',
      severity: 'bad',
      what: `${counted(dead, 'dead delivery', 'dead deliveries')} in the last 24 hours`,
      why: 'They are not tried again. Recover them when their flows work.',
      href: hashOf({ view: 'deliveries', status: 'dead', days: 1 }),
    },
  ];
}

function subscriptionName(subscription: SubscriptionResponse): string {
  return subscription.label ?? conditionOf(subscription);
}
