import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Random } from '../random.ts';
import type { QueueDrain } from '../storage/queue-drain.ts';
import type { Queues } from '../storage/queues.ts';
import type { Tables } from '../storage/tables.ts';
import { moveConnection } from '../subscriptions/move-connection.ts';
import { isShown, listSubscriptions, type SubscriptionFilter } from '../subscriptions/subscription-list.ts';
import { listSortedSubscriptions, type Sort } from '../subscriptions/sorted-subscriptions.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { SubjectView } from '../subscriptions/subscription-view.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { countByHour, type Activity } from './activity-by-hour.ts';
import { changeMarks, subscriptionChangeMark, type ChangeMark, type ChangeMarkPorts } from './change-marks.ts';
import { coveredInstances, type CoveredInstancesPorts } from './covered-instances.ts';
import { deliveryDetail, type DeliveryDetail, type DeliveryDetailPorts } from './delivery-detail.ts';
import type { DeliveryFilter } from './delivery-filter.ts';
import { listDeliveries, type DeliveryPage } from './delivery-list.ts';
import { listEvents, viewEvent, viewEvents, type EventFilter, type EventView } from './event-list.ts';
import { findDelivery } from './find-delivery.ts';
import { managedSubscription, type ManagedSubscription } from './managed-subscription.ts';
import type { PageRequest } from './newest-rows.ts';
import type {
  InstanceResponse,
  InstanceNameResponse,
  ObservationResponse,
  RecoveryResponse,
} from './operator-responses.ts';
import { redrive, viewQueues, type QueueView } from './queues.ts';
import { recover } from './recover.ts';
import { recoveryView } from './recovery.ts';
import { listRecoveries } from './recovery-list.ts';
import { redeliver } from './redeliver.ts';
import { search, type Found } from './search.ts';
import type { sendTestTo } from './send-test.ts';
import { startRecovery, type StartRecoveryPorts } from './start-recovery.ts';
import {
  endSubscription,
  pauseSubscription,
  resumeSubscription,
  type SubscriptionActionPorts,
} from './subscription-actions.ts';
import { activityOf } from './subscription-activity.ts';

/**
 * The queries and actions of the operator API. Every action may be repeated. Lists reject with
 * `RangeError` when `next` is malformed.
 */
export interface Operator {
  /**
   * `withActivity` adds the results of each subscription's latest events. `more` means that there
   * were too many subscriptions to read and sort them all.
   */
  listSubscriptions(
    filter: SubscriptionFilter,
    page: PageRequest,
    options?: { readonly withActivity?: boolean | undefined; readonly sort?: Sort | undefined },
  ): Promise<{ subscriptions: ManagedSubscription[]; next?: string; more?: true }>;
  getSubscription(id: string): Promise<{ kind: 'found'; subscription: ManagedSubscription } | Refusal>;
  /**
   * The values that Customer Insights computed for the segment or measure in the last `days`,
   * newest first, each with the reason why it fired or did not.
   */
  observations(id: string, days: number): Promise<ObservationsOf | Refusal>;
  endSubscription(id: string): ReturnType<typeof endSubscription>;
  pauseSubscription(id: string): ReturnType<typeof pauseSubscription>;
  resumeSubscription(id: string): ReturnType<typeof resumeSubscription>;
  /** Sends a sample event to one subscription. */
  sendTest(id: string): ReturnType<typeof sendTestTo>;
  /** Sends the lost (dead or parked) deliveries of one subscription again. */
  recover(subscriptionId: string, body: unknown): ReturnType<typeof recover>;
  /**
   * Counts the lost deliveries of all subscriptions, or starts a recovery, which sends them again.
   */
  startRecovery(body: unknown): ReturnType<typeof startRecovery>;
  /** The recoveries, newest first. `more`: there are too many to sort them all. */
  listRecoveries(page: PageRequest): Promise<{ recoveries: RecoveryResponse[]; next?: string; more?: true }>;
  getRecovery(id: string): Promise<{ kind: 'found'; recovery: RecoveryResponse } | Refusal>;
  /** Moves the subscriptions of one connection to another, after a key was replaced. */
  moveConnection(body: unknown): ReturnType<typeof moveConnection>;
  /** Covers the first hundred polled instances unless the filter names one. `more`: others. */
  listEvents(
    filter: Pick<EventFilter, 'trigger' | 'sinceMs'> & { instanceId?: string | undefined },
    page: PageRequest,
  ): Promise<{ events: EventView[]; next?: string; more?: true }>;
  getEvent(id: string): Promise<{ kind: 'found'; event: NonNullable<Awaited<ReturnType<typeof viewEvent>>> } | Refusal>;
  listDeliveries(filter: DeliveryFilter, page: PageRequest): Promise<DeliveryPage>;
  getDelivery(id: string): Promise<{ kind: 'found'; delivery: DeliveryDetail } | Refusal>;
  /** Makes one further attempt of a delivery. */
  redeliver(id: string): ReturnType<typeof redeliver>;
  /** The instances that are polled, with the health of their polls. */
  listInstances(page: PageRequest): Promise<{ instances: InstanceResponse[]; next?: string }>;
  /**
   * Marks that change when an instance's data changes, and with `withPolls` also after each poll.
   * Covers the first hundred polled instances unless some are named. `more`: others exist.
   */
  changes(search?: {
    instanceIds?: readonly string[] | undefined;
    withPolls?: boolean | undefined;
  }): Promise<{ marks: ChangeMark[]; more?: true }>;
  /** The mark of one subscription. */
  subscriptionChange(id: string): ReturnType<typeof subscriptionChangeMark>;
  /**
   * The names of all instances that this service can see in Customer Insights. Makes one call to
   * Customer Insights.
   */
  instanceNames(): Promise<InstanceNameResponse[]>;
  /** Deliveries by hour. Covers the first hundred polled instances unless one is named. */
  activity(search: { instanceId?: string | undefined; hours: number }): Promise<Activity>;
  /** Finds the subscriptions, events or deliveries that a text refers to. */
  search(text: string): Promise<Found>;
  /** The work queues, each with its poison queue of messages that failed five times. */
  queues(): Promise<QueueView[]>;
  /** Moves the messages of a poison queue back to its work queue. */
  redrive(queue: string): ReturnType<typeof redrive>;
}

/** The values that a subscription's threshold is compared with. */
export interface ObservationsOf {
  readonly kind: 'observed';
  readonly threshold?: number;
  /** The display name of the segment or measure in Customer Insights. */
  readonly displayName?: string;
  readonly value: readonly ObservationResponse[];
  /** Why only the last observation is known. Absent when the history was read. */
  readonly historyMissing?: string;
}

export interface OperatorPorts
  extends
    SubscriptionActionPorts,
    Omit<DeliveryDetailPorts, 'store'>,
    Omit<StartRecoveryPorts, 'store' | 'work'>,
    Pick<ChangeMarkPorts, 'pollMark'>,
    CoveredInstancesPorts {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly queueDrain: QueueDrain;
  readonly random: Random;
  readonly store: SubscriptionStore;
  readonly isAllowed: (instanceId: string) => boolean;
  readonly activity: ActivityStore;
  readonly outbox: (instanceId: string) => Promise<readonly OutboxEntry[]>;
  readonly subjectView: (subscription: Subscription) => Promise<SubjectView>;
  readonly observationsOf: (subscription: Subscription, days: number) => Promise<Omit<ObservationsOf, 'kind'>>;
  readonly sendTestTo: (subscription: Subscription) => ReturnType<typeof sendTestTo>;
  /**
   * How many calls a connection has made in the current window. Returns `undefined` when there is
   * no limit.
   */
  readonly connectionCalls: (connection: string) => Promise<ManagedSubscription['connectionCalls']>;
  readonly connectionSubscriptions: (connection: string) => Promise<{ readonly used: number; readonly limit: number }>;
  readonly instanceHealth: (instanceId: string) => Promise<InstanceResponse>;
  readonly namedInstances: () => Promise<readonly { readonly instanceId: string; readonly name: string }[]>;
}

/** Creates the operator API from its ports. */
export function createOperator(ports: OperatorPorts): Operator {
  return {
    async listSubscriptions(filter, page, { withActivity = false, sort } = {}) {
      const { subscriptions, ...rest } = await (sort === undefined
        ? listSubscriptions(ports.tables, filter, page)
        : listSortedSubscriptions(ports.tables, filter, sort, page));
      const activity = withActivity ? await activityOf(ports.tables, subscriptions, ports.clock.now()) : undefined;
      const views = subscriptions.map((subscription) =>
        managedSubscription(subscription, undefined, activity?.get(subscription.id)),
      );
      return { subscriptions: views, ...rest };
    },
    async getSubscription(id) {
      const subscription = await ports.store.load(id);
      if (subscription === undefined || !isShown(subscription)) {
        return refusal('subscription-unknown', 'There is no subscription with this id.');
      }
      const subject = await ports.subjectView(subscription);
      const calls = await ports.connectionCalls(subscription.connection);
      const connectionSubscriptions = await ports.connectionSubscriptions(subscription.connection);
      const view = { ...managedSubscription(subscription, subject), connectionSubscriptions };
      return { kind: 'found', subscription: { ...view, ...(calls && { connectionCalls: calls }) } };
    },
    async observations(id, days) {
      const subscription = await ports.store.load(id);
      if (subscription === undefined || !isShown(subscription)) {
        return refusal('subscription-unknown', 'There is no subscription with this id.');
      }
      return { kind: 'observed', ...(await ports.observationsOf(subscription, days)) };
    },
    endSubscription: (id) => endSubscription(ports, id),
    pauseSubscription: (id) => pauseSubscription(ports, id),
    resumeSubscription: (id) => resumeSubscription(ports, id),
    async sendTest(id) {
      const subscription = await ports.store.load(id);
      if (subscription === undefined || !isShown(subscription)) {
        return refusal('subscription-unknown', 'There is no subscription with this id.');
      }
      return ports.sendTestTo(subscription);
    },
    recover: (subscriptionId, body) => recover(ports, subscriptionId, body),
    startRecovery: (body) => startRecovery(ports, body),
    listRecoveries: (page) => listRecoveries(ports.recoveries, page),
    async getRecovery(id) {
      const recovery = await ports.recoveries.read(id);
      return recovery
        ? { kind: 'found', recovery: recoveryView(recovery) }
        : refusal('recovery-unknown', 'There is no recovery with this id, or it is no longer stored.');
    },
    moveConnection: (body) => moveConnection(ports, body),
    async listEvents({ instanceId, ...filter }, page) {
      const { instanceIds, ...more } = await coveredInstances(ports, instanceId);
      const search = { ...filter, instanceIds, withTests: true };
      const { events, next } = await listEvents(ports, search, page);
      return { events: await viewEvents(ports, events), ...more, ...(next !== undefined && { next }) };
    },
    async getEvent(id) {
      const event = await viewEvent(ports, id);
      return event
        ? { kind: 'found', event }
        : refusal('event-unknown', 'There is no event with this id, or it is no longer stored.');
    },
    listDeliveries: (filter, page) => listDeliveries(ports, filter, page),
    async getDelivery(id) {
      const found = await findDelivery(ports, id);
      if (found === undefined)
        return refusal('delivery-unknown', 'There is no delivery with this id, or it is no longer stored.');
      return { kind: 'found', delivery: await deliveryDetail(ports, found) };
    },
    redeliver: (id) => redeliver(ports, id),
    async listInstances(page) {
      const { instanceIds, next } = await ports.instancePage(page);
      const instances = await Promise.all(instanceIds.map(ports.instanceHealth));
      return { instances, ...(next !== undefined && { next }) };
    },
    async changes({ instanceIds: named, withPolls = false } = {}) {
      const { instanceIds, ...more } = named ? { instanceIds: named } : await coveredInstances(ports, undefined);
      const marks = await changeMarks(ports, { instanceIds, withPolls, nowMs: ports.clock.now() });
      return { marks, ...more };
    },
    subscriptionChange: (id) => subscriptionChangeMark(ports, id, ports.clock.now()),
    async instanceNames() {
      return (await ports.namedInstances()).map(({ instanceId, name }) => ({ id: instanceId, name }));
    },
    activity: (search) => countByHour(ports, search),
    search: (text) => search(ports, text),
    queues: () => viewQueues(ports),
    redrive: (queue) => redrive(ports, queue),
  };
}
