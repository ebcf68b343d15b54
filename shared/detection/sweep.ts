import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { allRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';
import type { InstanceRegistry } from '../subscriptions/instance-registry.ts';
import { RANGE_END, SUBSCRIPTIONS_TABLE } from '../subscriptions/subscription-row.ts';
import type { StateStore } from './state-store.ts';

export interface SweepPorts {
  readonly tables: Tables;
  readonly instances: InstanceRegistry;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes instances that nobody is subscribed to, and that have nothing on its way, out of the polls. A subscribe writes the registry last and
 * the registry was read before the look for subscriptions, so a subscription that the look missed keeps its instance.
 */
export async function sweepInstances(ports: SweepPorts): Promise<void> {
  for (const instance of await ports.instances.list()) {
    if (await hasSubscriptions(ports.tables, instance.instanceId)) continue;
    const { openEvents } = await ports.state.read(instance.instanceId);
    if (openEvents.length > 0) continue;
    if ((await ports.instances.remove(instance)) === 'removed') {
      ports.log.info('instance.removed', { instanceId: instance.instanceId });
    }
  }
}

/** Partitions of an instance's subscriptions begin with its id; ended ones lie behind the range of row keys. */
async function hasSubscriptions(tables: Tables, instanceId: string): Promise<boolean> {
  const partition = { from: `${instanceId}:`, to: `${instanceId};` };
  const first = await allRows(tables, SUBSCRIPTIONS_TABLE, {
    partition,
    to: RANGE_END,
    select: ['v'],
    limit: 1,
  }).next();
  return first.done !== true;
}
