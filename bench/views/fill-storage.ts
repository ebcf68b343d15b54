import { atOnce } from '../../shared/at-once.ts';
import { pollRow, valueRow } from '../../shared/detection/instance-state.ts';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import type { Tables, Write } from '../../shared/storage/tables.ts';
import { INSTANCES_TABLE } from '../../shared/subscriptions/instance-registry.ts';
import { formatSubscriptionId } from '../../shared/subscriptions/subscription-id.ts';
import type { NewSubscription } from '../../shared/subscriptions/subscription.ts';
import { subjectHash } from '../../shared/triggers/subject.ts';
import { insertDeliveries, rowKeyAt, writeAll } from '../../tests/helpers/many-deliveries.ts';
import { insertSubscriptions } from '../../tests/helpers/many-subscriptions.ts';
import { ENCRYPTION_KEY } from './open-views.ts';

const DAY_MS = 86_400_000;
const DAYS = 10;
/** A view covers a hundred instances. */
const WITH_STATE = 1_000;
const SEGMENT = 'vip';
const TRIGGER = 'segment-threshold-crossed';
/** Of so many subscriptions one is failing, one is paused and one is disabled. */
const TROUBLED_EVERY = 100;

export interface Filled {
  readonly deliveries: number;
  /** Rows of events, chunks, records and indexes. */
  readonly activityRows: number;
  readonly subscriptionId: string;
  readonly deadDeliveryId: string;
}

export function instanceIdAt(index: number): string {
  return `00000000-0000-4000-a000-${String(index).padStart(12, '0')}`;
}

/**
 * Fills storage as months of work would: subscriptions to a segment of each instance, and the
 * deliveries of their last days in all statuses.
 */
export async function fillStorage(
  tables: Tables,
  {
    instanceIds,
    subscriptions,
    deliveries,
    nowMs,
  }: {
    readonly instanceIds: readonly string[];
    readonly subscriptions: number;
    readonly deliveries: number;
    readonly nowMs: number;
  },
): Promise<Filled> {
  const ofInstance = Math.ceil(subscriptions / instanceIds.length);
  let made = 0;
  let activityRows = 0;
  let deadDeliveryId = '';
  for (const instanceId of instanceIds) {
    await insertSubscriptions(tables, {
      instanceId,
      trigger: TRIGGER,
      name: SEGMENT,
      thresholds: Array.from({ length: ofInstance }, (_, index) => index + 1),
      callbackUrl: (index) => `https://flows.example.org/${index}?sig=${'s'.repeat(43)}`,
      encryptionKey: ENCRYPTION_KEY,
      createdAtMs: nowMs - 90 * DAY_MS,
      change: (index) => ({ label: `Campaign ${index}`, ...troubleAt(index, nowMs) }),
    });
    const inserted = await insertDeliveries(tables, {
      instanceId,
      segmentName: SEGMENT,
      subscriptions: ofInstance,
      deliveries: Math.ceil(deliveries / instanceIds.length),
      fromMs: nowMs - DAYS * DAY_MS,
      toMs: nowMs,
    });
    await writeAll(tables, STATE_TABLE, stateRows(instanceId, nowMs));
    made += inserted.deliveries;
    activityRows += inserted.rows;
    deadDeliveryId = inserted.deadDeliveryId;
  }
  await registerInstances(tables, instanceIds);
  const subject = { instanceId: instanceIds.at(-1) ?? '', trigger: TRIGGER, name: SEGMENT } as const;
  const address = { ...subject, subjectHash: subjectHash(subject), rowKey: rowKeyAt(0) };
  return { deliveries: made, activityRows, deadDeliveryId, subscriptionId: formatSubscriptionId(address) };
}

/** Adds instances without events. The first thousand have been polled. */
export async function fillInstances(
  tables: Tables,
  { from, to, nowMs }: { readonly from: number; readonly to: number; readonly nowMs: number },
): Promise<void> {
  const instanceIds = Array.from({ length: to - from }, (_, index) => instanceIdAt(from + index));
  await registerInstances(tables, instanceIds);
  await atOnce(16, instanceIds.slice(0, WITH_STATE), (instanceId) =>
    writeAll(tables, STATE_TABLE, stateRows(instanceId, nowMs)),
  );
}

async function registerInstances(tables: Tables, instanceIds: readonly string[]): Promise<void> {
  const rows = instanceIds.map((instanceId): Write => {
    return { kind: 'upsert', row: { partitionKey: 'instances', rowKey: instanceId, v: 1 } };
  });
  await writeAll(tables, INSTANCES_TABLE, rows);
}

function troubleAt(index: number, nowMs: number): Partial<NewSubscription> {
  const since = new Date(nowMs - DAY_MS).toISOString();
  switch (index % TROUBLED_EVERY) {
    case 1:
      return { failingSince: since };
    case 2:
      return { status: 'paused', pausedSince: since };
    case 3:
      return { status: 'disabled', failingSince: since, deadDeliveries: 2 };
    default:
      return {};
  }
}

/** The state of an instance that was polled just now. */
function stateRows(instanceId: string, nowMs: number): Write[] {
  const polledAt = new Date(nowMs).toISOString();
  const poll = { lastPolledAt: polledAt, completeAt: polledAt, resumesAt: undefined, history: undefined };
  const value = {
    trigger: TRIGGER,
    name: SEGMENT,
    sequence: 1,
    isSuspended: false,
    isMarkedForRemoval: false,
  } as const;
  return [
    { kind: 'upsert', row: pollRow(instanceId, { ...poll, failing: {}, loggedAnomalies: {} }) },
    { kind: 'upsert', row: valueRow(instanceId, { ...value, last: { evaluatedAtMs: nowMs, value: 1 } }) },
  ];
}
