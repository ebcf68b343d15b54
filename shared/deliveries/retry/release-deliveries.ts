import type { Clock } from '../../clock.ts';
import type { Queues } from '../../storage/queues.ts';
import type { Tables } from '../../storage/tables.ts';
import type { WorkList } from '../../work/work-list.ts';
import { activityMonths } from '../records/activity-months.ts';
import { CHANGES_PER_WRITE, type ActivityStore } from '../records/activity-store.ts';
import { isDue, sendRetry, type DeliveryRecord } from '../records/delivery-record.ts';
import { addToWorkList } from '../reconciler/add-to-work-list.ts';

export interface BringForwardPorts {
  readonly tables: Tables;
  readonly activity: ActivityStore;
  readonly work: Pick<WorkList, 'add'>;
  readonly queues: Queues;
  readonly clock: Clock;
}

interface Waited {
  readonly instanceId: string;
  readonly id: string;
}

/** Deliveries of one subscription that one look lets out. */
const MAX_AT_ONCE = 600;
/** Between two deliveries of one flow that go out: a flow that is just back is not flooded. */
const PACE_MS = 100;
const PAGE = 500;

/**
 * Makes what waits for a subscription due now, that of the oldest events first: `all`, or else what is parked and what was tried last before
 * the subscription became active again. Whether it can be delivered is found out then. May run twice, and at the same time. `more`: there is
 * more than one look lets out.
 */
export async function releaseDeliveries(
  ports: BringForwardPorts,
  waited: Waited,
  which: { readonly kind: 'all' } | { readonly kind: 'released'; readonly resumedAtMs: number },
): Promise<'done' | 'more'> {
  const nowMs = ports.clock.now();
  let count = 0;
  for (const month of await activityMonths(ports.tables)) {
    for await (const page of ports.activity.waitingFor(waited, month, PAGE)) {
      const found = page.filter(
        (record) => isHeldUp(record, nowMs) && (which.kind === 'all' || isFreed(record, which)),
      );
      const now = found.slice(0, MAX_AT_ONCE - count);
      await makeDue(ports, now, nowMs + count * PACE_MS);
      count += now.length;
      if (now.length < found.length) return 'more';
    }
  }
  return 'done';
}

function isHeldUp({ dueAtMs }: DeliveryRecord, nowMs: number): boolean {
  return dueAtMs === undefined || dueAtMs > nowMs;
}

function isFreed({ dueAtMs, attempts }: DeliveryRecord, { resumedAtMs }: { readonly resumedAtMs: number }): boolean {
  return dueAtMs === undefined || Date.parse(attempts.at(-1)?.at ?? '') < resumedAtMs;
}

/** The oldest delivery that is parked for a subscription, of all months. */
export async function oldestParked(ports: BringForwardPorts, waited: Waited): Promise<DeliveryRecord | undefined> {
  for (const month of await activityMonths(ports.tables)) {
    for await (const page of ports.activity.waitingFor(waited, month, PAGE)) {
      const parked = page.find(({ status }) => status === 'parked');
      if (parked) return parked;
    }
  }
  return undefined;
}

/** Makes a parked delivery due as the probe of its subscription. */
export async function makeProbe(ports: BringForwardPorts, parked: DeliveryRecord): Promise<void> {
  if (isDue(parked)) return sendRetry(ports, parked);
  const probe = { ...parked, dueAtMs: ports.clock.now() };
  await addToWorkList(ports, [probe]);
  if ((await ports.activity.replaceRecord(parked, probe)) !== undefined) await sendRetry(ports, probe);
}

async function makeDue(ports: BringForwardPorts, records: readonly DeliveryRecord[], fromMs: number): Promise<void> {
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
    const isTogether = await ports.activity.replaceRecords(batch);
    await Promise.all(
      batch.map(async ({ before, after }) => {
        // Somebody changed one of them: that one is on its way by itself.
        if (isTogether || (await ports.activity.replaceRecord(before, after)) !== undefined)
          await sendRetry(ports, after);
      }),
    );
  }
}
