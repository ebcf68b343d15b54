import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Tables } from '../storage/tables.ts';
import type { InstanceRegistry } from '../subscriptions/instance-registry.ts';
import { forgetSubjects, hasRows } from './forget-subjects.ts';
import type { StateStore } from './state-store.ts';

export interface SweepPorts {
  readonly tables: Tables;
  readonly instances: InstanceRegistry;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Forgets segments, measures and refreshes that nobody is subscribed to any more, and takes instances that nobody is subscribed to, and that have
 * nothing on its way, out of the polls. A subscribe writes the registry last and the registry was read before the look for subscriptions, so a
 * subscription that the look missed keeps its instance.
 */
export async function sweepInstances(ports: SweepPorts): Promise<void> {
  for (const instance of await ports.instances.list()) {
    const { instanceId } = instance;
    const count = await forgetSubjects(ports, instanceId);
    if (count > 0) ports.log.info('subjects.forgotten', { instanceId, count });
    // Partitions of an instance's subscriptions begin with its id.
    if (await hasRows(ports.tables, { from: `${instanceId}:`, to: `${instanceId};` })) continue;
    const { outbox: outboxEntries } = await ports.state.read(instanceId);
    if (outboxEntries.length > 0) continue;
    if ((await ports.instances.remove(instance)) === 'removed') {
      ports.log.info('instance.removed', { instanceId });
    }
  }
}
