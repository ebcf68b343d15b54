import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Tables } from '../storage/tables.ts';
import type { InstanceRegistry } from '../subscriptions/instance-registry.ts';
import { forgetSubjects, hasSubscriptions } from './forget-subjects.ts';
import type { StateStore } from './state-store.ts';

export interface SweepPorts {
  readonly tables: Tables;
  readonly instances: InstanceRegistry;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes subjects without subscriptions from the stored state. Removes instances that have neither
 * subscriptions nor unfinished events from the registry of instances to poll.
 *
 * A subscribe request updates the registry after it stores the subscription. The sweep reads the
 * registry before it searches for subscriptions. If the search misses a new subscription, the
 * subscribe request registers the instance after the sweep has read its registry entry. Registering
 * always writes the entry. If that happens before the removal, the ETag no longer matches and the
 * entry is kept. If it happens after, the entry is created again.
 */
export async function sweepInstances(ports: SweepPorts): Promise<void> {
  for (const instance of await ports.instances.list()) {
    const { instanceId } = instance;
    const count = await forgetSubjects(ports, instanceId);
    if (count > 0) ports.log.info('subjects.forgotten', { instanceId, count });
    // The partition keys of an instance's subscriptions begin with its id.
    if (await hasSubscriptions(ports.tables, { from: `${instanceId}:`, to: `${instanceId};` })) continue;
    const { outbox: outboxEntries } = await ports.state.read(instanceId);
    if (outboxEntries.length > 0) continue;
    if ((await ports.instances.remove(instance)) === 'removed') {
      ports.log.info('instance.removed', { instanceId });
    }
  }
}
