import type { Clock } from '../clock.ts';
import { eventKeyAt } from '../events/event-id.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Queues } from '../storage/queues.ts';
import { allRows } from '../storage/all-rows.ts';
import type { StoredRow, Tables, Value } from '../storage/tables.ts';
import type { InstanceRegistry } from '../subscriptions/instance-registry.ts';
import { activityTable } from './activity-rows.ts';
import { monthsBetween, type ActivityStore } from './activity-store.ts';
import { isAwaited, sendRetry, troubleOfRow, type Trouble } from './trouble.ts';

export interface OverduePorts {
  readonly tables: Tables;
  readonly instances: Pick<InstanceRegistry, 'list'>;
  readonly activity: Pick<ActivityStore, 'replaceTrouble'>;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A queue that is this far behind has worse trouble than a lost message. */
const OVERDUE_MS = 15 * 60 * 1000;
/** What waits for longer waits for a disabled subscription, and is found when it resumes. */
const LOOK_BACK_MS = 9 * 24 * 3600 * 1000;
/** All that may wait for a message. */
const AWAITED: readonly Readonly<Record<string, Value>>[] = [
  { kind: 'trouble', status: 'retrying' },
  { kind: 'trouble', status: 'parked' },
  { kind: 'trouble', redelivering: true },
];

/**
 * Gives a new message to deliveries whose own must have been lost (a purged or poisoned queue, a worker that stopped between a message
 * and its row): due long ago, and nobody at work.
 */
export async function resendOverdue(ports: OverduePorts): Promise<void> {
  const nowMs = ports.clock.now();
  for (const { instanceId } of await ports.instances.list()) {
    const overdue = new Map<string, Trouble>();
    for (const month of monthsBetween(nowMs - LOOK_BACK_MS, nowMs)) {
      for (const where of AWAITED) {
        for await (const row of rowsOf(ports.tables, month, instanceId, nowMs, where)) {
          const trouble = troubleOfRow(row);
          if (isOverdue(trouble, nowMs)) overdue.set(trouble.deliveryId, trouble);
        }
      }
    }
    for (const trouble of overdue.values()) await resend(ports, trouble);
    if (overdue.size > 0) ports.log.warn('deliveries.overdue', { instanceId, deliveries: overdue.size });
  }
}

function isOverdue(trouble: Trouble, nowMs: number): boolean {
  return isAwaited(trouble) && Math.max(trouble.dueAtMs, trouble.untilMs) < nowMs - OVERDUE_MS;
}

async function resend(ports: OverduePorts, trouble: Trouble): Promise<void> {
  const next: Trouble = { ...trouble, nonce: ports.random.token(9), dueAtMs: ports.clock.now() };
  await sendRetry(ports, next, trouble.nonce);
  // A conflict: it was not as forgotten as it looked, and the message above is dropped.
  await ports.activity.replaceTrouble(next);
}

function rowsOf(
  tables: Tables,
  month: string,
  instanceId: string,
  nowMs: number,
  where: Readonly<Record<string, Value>>,
): AsyncIterable<StoredRow> {
  return allRows(tables, activityTable(month), {
    partition: instanceId,
    to: `${eventKeyAt(nowMs - LOOK_BACK_MS)}~`,
    where,
  });
}
