import type { Clock } from '../clock.ts';
import { activityStore, type ActivityStore } from '../deliveries/records/activity-store.ts';
import { stateStore, type StateStore } from '../detection/state-store.ts';
import { unreachableInstances, type UnreachableInstances } from '../detection/unreachable-instances.ts';
import type { Tables } from '../storage/tables.ts';
import { connectionStore, type ConnectionStore } from '../subscriptions/connection-store.ts';
import { instanceRegistry, type InstanceRegistry } from '../subscriptions/instance-registry.ts';
import { subscriptionStore, type SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { workList, type WorkList } from '../work/work-list.ts';

/** The stores, one for each kind of data. */
export interface Stores {
  readonly subscriptions: SubscriptionStore;
  readonly connections: ConnectionStore;
  /** The instances that are polled. */
  readonly instances: InstanceRegistry;
  /** The observations, the last polls and the outbox entries. */
  readonly state: StateStore;
  /** The instances with a list that cannot be read, for the health check. */
  readonly unreachable: UnreachableInstances;
  /** The claims, the outcomes and the delivery records. */
  readonly activity: ActivityStore;
  readonly work: WorkList;
}

/** Creates the stores, which keep their rows in `tables`. */
export function composeStores(tables: Tables, clock: Pick<Clock, 'now'>): Stores {
  return {
    subscriptions: subscriptionStore(tables),
    connections: connectionStore(tables),
    instances: instanceRegistry(tables),
    state: stateStore(tables),
    unreachable: unreachableInstances(tables),
    activity: activityStore(tables),
    work: workList(tables, clock),
  };
}
