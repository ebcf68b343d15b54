import { instanceNotAllowed } from '../allowed-instances.ts';
import type { Clock } from '../clock.ts';
import { formatDeliveryId } from '../deliveries/records/delivery-id.ts';
import { formatEventId, monthOf } from '../events/event-id.ts';
import { outboxRow, STATE_TABLE } from '../events/outbox-row.ts';
import { recipientRanges, type NewOutboxEntry } from '../events/outbox-entry.ts';
import { sampleEvent } from '../events/sample-event.ts';
import { nearestNames, nearestSentence } from '../nearest-names.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Random } from '../random.ts';
import type { Tables } from '../storage/tables.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { OwnSubscriptionsPorts } from '../subscriptions/own-subscriptions.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import { isShown } from '../subscriptions/subscription-list.ts';
import { isEndedByOperator, type Subscription } from '../subscriptions/subscription.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { rangeOfSubject } from './event-list.ts';

export interface SendTestPorts {
  readonly tables: Tables;
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Enqueues outbox entries for the workers. */
  readonly enqueueEvents: (events: readonly NewOutboxEntry[]) => Promise<void>;
}

/**
 * Number of random bytes in a test event's id: as many as the hash in a real event's id, so that
 * two test events never have the same id.
 */
const IDENTITY_BYTES = 16;

/**
 * Sends a sample event to one of the caller's subscriptions. The event is committed with an outbox
 * entry, so workers deliver it like any other event. `idOrLabel` is a subscription's id, or the
 * label of exactly one of the caller's subscriptions that have not ended. Case is ignored. A
 * subscription of another connection counts as unknown.
 */
export async function sendTest(
  ports: SendTestPorts & Pick<OwnSubscriptionsPorts, 'connections'>,
  connection: string,
  trigger: Trigger,
  idOrLabel: string,
): Promise<{ kind: 'sent'; deliveryId: string } | Refusal> {
  const wanted = idOrLabel.trim();
  const subscription = await ports.store.load(wanted);
  const isOwn = subscription?.connection === connection && subscription.trigger === trigger;
  if (isOwn && isShown(subscription) && !isEndedByOperator(subscription)) {
    return sendTestTo(ports, subscription);
  }
  if (parseSubscriptionId(wanted) !== undefined) {
    return refusal(
      'subscription-unknown',
      `This subscription has been deleted, or belongs to another trigger or connection.${WHERE_LISTED}`,
    );
  }
  const candidates = await subscriptionsThatHaveNotEnded(ports, connection, trigger);
  const [one, ...others] = candidates.filter(({ label }) => label?.trim().toLowerCase() === wanted.toLowerCase());
  if (others.length > 0) {
    return refusal(
      'label-ambiguous',
      `${others.length + 1} flows of this connection have this label for this trigger. Choose one of them as Subscription from the list, or give each flow a Label of its own.`,
    );
  }
  if (one) return sendTestTo(ports, one);
  const labels = new Set(candidates.flatMap(({ label }) => label ?? []));
  const nearest = nearestNames(
    wanted,
    [...labels].map((label) => ({ name: label, displayName: label })),
  );
  return refusal(
    'subscription-unknown',
    `No flow of this connection has this label for this trigger.${nearestSentence(nearest)}${WHERE_LISTED}`,
  );
}

/** Advice at the end of an error text. */
const WHERE_LISTED =
  ' Check Trigger, and choose Subscription from the list. If your flow is not in the list, give this action the same connection as the trigger of your flow.';
/** Number of subscriptions that are read at a time. */
const PAGE = 100;

/**
 * The subscriptions of a connection to one trigger that have not ended. Makes one storage request
 * for each, which is fine because only people call this.
 */
async function subscriptionsThatHaveNotEnded(
  { connections, store }: Pick<OwnSubscriptionsPorts, 'connections'> & Pick<SendTestPorts, 'store'>,
  connection: string,
  trigger: Trigger,
): Promise<Subscription[]> {
  const candidates: Subscription[] = [];
  let next: string | undefined;
  do {
    const page = await connections.list(connection, trigger, { limit: PAGE, ...(next !== undefined && { next }) });
    const loaded = await Promise.all(page.subscriptionIds.map((id) => store.load(id)));
    candidates.push(
      ...loaded
        .filter((subscription) => subscription !== undefined)
        .filter((subscription) => isShown(subscription) && !hasEnded(subscription)),
    );
    next = page.next;
  } while (next !== undefined);
  return candidates;
}

function hasEnded({ status }: Subscription): boolean {
  return status === 'gone' || status === 'superseded';
}

/** Sends a sample event to a subscription that was already read. */
export async function sendTestTo(
  ports: SendTestPorts,
  subscription: Subscription,
): Promise<{ kind: 'sent'; deliveryId: string } | Refusal> {
  const { clock, random, tables } = ports;
  if (hasEnded(subscription)) {
    return refusal(
      'subscription-ended',
      subscription.status === 'superseded'
        ? 'The flow has been saved again since, and has a new subscription. Choose that one as Subscription from the list.'
        : 'The flow was deleted or refused every call permanently, so nothing is sent to it any more. If the flow exists, turn it off and on again, and choose its new one as Subscription from the list.',
    );
  }
  if (!ports.isAllowed(subscription.instanceId)) return instanceNotAllowed();
  const nowMs = clock.now();
  const { address, instanceId } = subscription;
  const where = { month: monthOf(nowMs), instanceId, occurredAtMs: nowMs };
  const eventId = formatEventId({ ...where, identity: random.token(IDENTITY_BYTES) });
  const now = new Date(nowMs).toISOString();
  const event = sampleEvent(subscription, { eventId, occurredAt: now });
  // A test event has the same recipient ranges as a real one, in the same order. All are empty
  // except the one with this subscription's row.
  const recipients = recipientRanges(event).map(({ subjectHash }) =>
    subjectHash === address.subjectHash
      ? { subjectHash, from: address.rowKey, to: `${address.rowKey}~` }
      : { subjectHash, from: '', to: '' },
  );
  const range = rangeOfSubject(event, address.subjectHash);
  const entry: NewOutboxEntry = {
    event,
    // Later than every observation, so that the event concerns the subscription.
    sequence: Number.MAX_SAFE_INTEGER,
    recipients,
    boundaries: undefined,
    committedAt: now,
    writer: random.token(9),
  };
  // A conflict can only come from a retry of this same write, because no other writer has this
  // event id.
  await tables.write(STATE_TABLE, [{ kind: 'insert', row: outboxRow(entry) }]);
  await ports.enqueueEvents([entry]);
  return { kind: 'sent', deliveryId: formatDeliveryId(eventId, range, address.rowKey) };
}
