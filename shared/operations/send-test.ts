import { instanceNotAllowed } from '../allowed-instances.ts';
import type { Clock } from '../clock.ts';
import { formatDeliveryId } from '../deliveries/delivery-id.ts';
import { formatEventId, monthOf } from '../events/event-id.ts';
import { openEventRow, STATE_TABLE } from '../events/open-event-row.ts';
import { audienceOf, type OpenEvent } from '../events/open-event.ts';
import { sampleEvent } from '../events/sample-event.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Random } from '../random.ts';
import type { Tables } from '../storage/tables.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Trigger } from '../triggers/trigger.ts';

export interface SendTestPorts {
  readonly tables: Tables;
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Leaves open events to the workers. */
  readonly handOn: (events: readonly OpenEvent[]) => Promise<void>;
}

/** As many bytes as a fact's hash has: the events of two tests are never the same. */
const IDENTITY_BYTES = 16;

/**
 * Opens a made-up event that concerns one subscription of the caller and nobody else, and leaves it to the workers: from there on it
 * is a delivery like any other. Another's subscription is as unknown as none.
 */
export async function sendTest(
  ports: SendTestPorts,
  connection: string,
  trigger: Trigger,
  id: string,
): Promise<{ kind: 'sent'; deliveryId: string } | Refusal> {
  const { store, clock, random, tables } = ports;
  const subscription = await store.load(id);
  const isOwn = subscription?.connection === connection && subscription.trigger === trigger;
  if (!isOwn || subscription.status === 'deleted' || subscription.birth === undefined) {
    return refusal('subscription-unknown', 'This connection has no such subscription.');
  }
  if (subscription.status === 'gone' || subscription.status === 'superseded') {
    return refusal('subscription-ended', `The subscription is ${subscription.status}: nothing is sent to it any more.`);
  }
  if (!ports.isAllowed(subscription.instanceId)) return instanceNotAllowed();
  const nowMs = clock.now();
  const { address, instanceId } = subscription;
  const where = { month: monthOf(nowMs), instanceId, occurredAtMs: nowMs };
  const eventId = formatEventId({ ...where, identity: random.token(IDENTITY_BYTES) });
  const now = new Date(nowMs).toISOString();
  const event = sampleEvent(subscription, { eventId, occurredAt: now });
  // The ranges stay where they are in the audience of any such event, but all of them are empty except for one row.
  const audience = audienceOf(event).map(({ subjectHash }) =>
    subjectHash === address.subjectHash
      ? { subjectHash, from: address.rowKey, to: `${address.rowKey}~` }
      : { subjectHash, from: '', to: '' },
  );
  const range = audience.findIndex(({ to }) => to !== '');
  const open: OpenEvent = {
    event,
    sequence: Number.MAX_SAFE_INTEGER,
    audience,
    boundaries: undefined,
    openedAt: now,
    writer: random.token(9),
    etag: '',
  };
  // A conflict is the echo of this very write: nobody else has this id.
  await tables.write(STATE_TABLE, [{ kind: 'insert', row: openEventRow(open) }]);
  await ports.handOn([open]);
  return { kind: 'sent', deliveryId: formatDeliveryId(eventId, range, address.rowKey) };
}
