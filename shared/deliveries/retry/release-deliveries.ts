import type { Clock } from '../../clock.ts';
import type { Queues } from '../../storage/queues.ts';
import type { Tables } from '../../storage/tables.ts';
import type { WorkList } from '../../work/work-list.ts';
import { activityMonths } from '../records/activity-months.ts';
import { CHANGES_PER_WRITE, type ActivityStore } from '../records/activity-store.ts';
import { isDue, sendRetry, type DeliveryRecord, type StoredRecord } from '../records/delivery-record.ts';
import { addToWorkList } from '../reconciler/add-to-work-list.ts';

export interface ReleasePorts {
  readonly tables: Tables;
  readonly activity: ActivityStore;
  readonly work: Pick<WorkList, 'add'>;
  readonly queues: Queues;
  readonly clock: Clock;
}

/** The subscription that deliveries wait for. */
interface WaitedFor {
  readonly instanceId: string;
  readonly id: string;
}

/** Maximum number of deliveries that one call releases. */
const MAX_AT_ONCE = 600;
/**
 * Delay between two released deliveries of one flow, so that a flow that has just been turned on is
 * not flooded.
 */
const PACE_MS = 100;
/** Maximum number of waiting deliveries that are read at a time. */
const PAGE = 500;

/**
 * Releases the deliveries that wait for a subscription: makes those due that are not due yet,
 * `PACE_MS` apart, oldest event first. `all` releases every delivery. `resumed` releases only those
 * that are parked or whose last attempt was before `resumedAtMs`, when the subscription became
 * active again. The retry of each delivery then decides whether it can be sent. Safe to repeat,
 * also concurrently. Returns `more` when deliveries are left.
 */
export async function releaseDeliveries(
  ports: ReleasePorts,
  subscription: WaitedFor,
  which: { readonly kind: 'all' } | { readonly kind: 'resumed'; readonly resumedAtMs: number | undefined },
): Promise<'done' | 'more'> {
  const nowMs = ports.clock.now();
  let count = 0;
  for (const month of await activityMonths(ports.tables)) {
    for await (const page of ports.activity.waitingFor(subscription, month, PAGE)) {
      const found = page.filter(
        (record) => isNotDueYet(record, nowMs) && (which.kind === 'all' || waitedBeforeResume(record, which)),
      );
      const released = found.slice(0, MAX_AT_ONCE - count);
      await makeDue(ports, released, nowMs + count * PACE_MS);
      count += released.length;
      if (released.length < found.length) return 'more';
    }
  }
  return 'done';
}

function isNotDueYet({ dueAtMs }: DeliveryRecord, nowMs: number): boolean {
  return dueAtMs === undefined || dueAtMs > nowMs;
}

/** Whether the delivery began to wait before the subscription became active again. */
function waitedBeforeResume(
  { dueAtMs, attempts }: DeliveryRecord,
  { resumedAtMs }: { readonly resumedAtMs: number | undefined },
): boolean {
  const last = attempts.at(-1);
  if (dueAtMs === undefined) return true;
  return last !== undefined && resumedAtMs !== undefined && Date.parse(last.at) < resumedAtMs;
}

/** The oldest parked delivery of a subscription, over all months. */
export async function oldestParked(ports: ReleasePorts, subscription: WaitedFor): Promise<StoredRecord | undefined> {
  for (const month of await activityMonths(ports.tables)) {
    for await (const page of ports.activity.waitingFor(subscription, month, PAGE)) {
      const parked = page.find(({ status }) => status === 'parked');
      if (parked) return parked;
    }
  }
  return undefined;
}

/**
 * Makes a parked delivery due now, as the probe of its paused subscription: the call that finds out
 * whether the flow is on again.
 */
export async function makeProbe(ports: ReleasePorts, parked: StoredRecord): Promise<void> {
  if (isDue(parked)) return sendRetry(ports, parked);
  const probe = { ...parked, dueAtMs: ports.clock.now() };
  await addToWorkList(ports, [probe]);
  if ((await ports.activity.replaceRecord(parked, probe)) !== undefined) await sendRetry(ports, probe);
}

/** Makes deliveries due, the first at `fromMs` and the others `PACE_MS` apart. */
async function makeDue(ports: ReleasePorts, records: readonly StoredRecord[], fromMs: number): Promise<void> {
  const changes = records.map((before, index) => {
    const after = { ...before, status: 'retrying', dueAtMs: fromMs + index * PACE_MS } as const;
    return { before, after };
  });
  for (let index = 0; index < changes.length; index += CHANGES_PER_WRITE) {
    const batch = changes.slice(index, index + CHANGES_PER_WRITE);
    await addToWorkList(
      ports,
      batch.map(({ after }) => after),
    );
    const wereReplaced = await ports.activity.replaceRecords(batch);
    await Promise.all(
      batch.map(async ({ before, after }) => {
        // A record that another writer has changed meanwhile is left to that writer.
        if (wereReplaced || (await ports.activity.replaceRecord(before, after)) !== undefined)
          await sendRetry(ports, after);
      }),
    );
  }
}
