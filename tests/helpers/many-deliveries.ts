import { atOnce } from '../../shared/at-once.ts';
import {
  activityTable,
  chunkRow,
  eventRow,
  type DeliveredOutcome,
} from '../../shared/deliveries/records/activity-rows.ts';
import { formatDeliveryId } from '../../shared/deliveries/records/delivery-id.ts';
import { recordWrites, type DeliveryRecord } from '../../shared/deliveries/records/delivery-record.ts';
import { eventIdOf, monthOf } from '../../shared/events/event-id.ts';
import type { Event } from '../../shared/events/event.ts';
import type { Tables, Write } from '../../shared/storage/tables.ts';
import { newRowKey } from '../../shared/subscriptions/subscription-draft.ts';
import { formatSubscriptionId } from '../../shared/subscriptions/subscription-id.ts';
import { subjectHash } from '../../shared/triggers/subject.ts';

const TRIGGER = 'segment-threshold-crossed';
type SegmentEvent = Extract<Event, { trigger: typeof TRIGGER }>;
/**
 * The recipients of an event, in turn: most events concern few subscriptions, and some concern
 * many.
 */
const RECIPIENTS = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5, 5, 20] as const;
/** Each so many deliveries, one has a record. */
const RECORD_EVERY = 25;
const STATUSES = ['dead', 'parked', 'retrying', 'ended', 'delivered', 'dead'] as const;
const ROWS_PER_WRITE = 100;
const WRITES_AT_ONCE = 8;

/**
 * The row key of the subscription with this index, as `insertSubscriptions` gives it for the
 * thresholds 1, 2, 3, ….
 */
export function rowKeyAt(index: number): string {
  return newRowKey(index + 1, String(index).padStart(16, '0'));
}

export interface InsertedDeliveries {
  readonly deliveries: number;
  /** Rows in the activity tables, with those of the indexes. */
  readonly rows: number;
  /** A dead delivery of the newest event that has one. */
  readonly deadDeliveryId: string;
}

/**
 * Writes the events of a segment and their deliveries straight into the activity tables, evenly
 * over a time range and in all statuses: the rows that polls, chunks and retries would leave.
 */
export async function insertDeliveries(
  tables: Tables,
  {
    instanceId,
    segmentName,
    subscriptions,
    deliveries,
    fromMs,
    toMs,
  }: {
    readonly instanceId: string;
    readonly segmentName: string;
    /** The subscriptions of the segment, at the thresholds 1, 2, 3, …. */
    readonly subscriptions: number;
    readonly deliveries: number;
    readonly fromMs: number;
    readonly toMs: number;
  },
): Promise<InsertedDeliveries> {
  const events = recipientsOf(deliveries, subscriptions);
  const writes = new Map<string, Write[]>();
  let deadDeliveryId = '';
  let made = 0;
  for (const [index, recipients] of events.entries()) {
    const occurredAtMs = Math.floor(fromMs + ((toMs - fromMs) * (index + 0.5)) / events.length);
    const first = (index * 7) % Math.max(1, subscriptions - recipients + 1);
    const event = riseOf({
      instanceId,
      segmentName,
      occurredAtMs,
      previousValue: first + 1,
      value: first + 1 + recipients,
    });
    const delivered: DeliveredOutcome[] = [];
    const records: DeliveryRecord[] = [];
    for (let position = first; position < first + recipients; position++) {
      made += 1;
      const attempt = {
        number: 1,
        at: event.occurredAt,
        durationMs: 40,
        status: 202,
        code: 'delivered',
        runId: `run${made}`,
      };
      const rowKey = rowKeyAt(position);
      if (made % RECORD_EVERY === 0) {
        const record = recordOf(event, rowKey, STATUSES[(made / RECORD_EVERY) % STATUSES.length] ?? 'dead');
        if (record.status === 'dead') deadDeliveryId = record.deliveryId;
        records.push(record);
      } else delivered.push({ range: 0, rowKey, attempt });
    }
    const chunk = { owner: 'bench', untilMs: occurredAtMs, isComplete: true, delivered, recordCount: records.length };
    const table = activityTable(monthOf(occurredAtMs));
    const ofTable = writes.get(table) ?? [];
    writes.set(table, ofTable);
    ofTable.push(
      { kind: 'upsert', row: eventRow(event) },
      { kind: 'upsert', row: chunkRow(event, 0, chunk) },
      ...records.flatMap((record) => recordWrites(record, { kind: 'upsert' })),
    );
  }
  let rows = 0;
  for (const [table, all] of writes) {
    rows += all.length;
    await writeAll(tables, table, all);
  }
  return { deliveries: made, rows, deadDeliveryId };
}

/** Writes rows of one partition in transactions of a hundred, several at once. */
export async function writeAll(tables: Tables, table: string, writes: readonly Write[]): Promise<void> {
  const batches: Write[][] = [];
  for (let start = 0; start < writes.length; start += ROWS_PER_WRITE)
    batches.push(writes.slice(start, start + ROWS_PER_WRITE));
  // The first write creates the table, which only one may do.
  const [first, ...others] = batches;
  if (first !== undefined) await tables.write(table, first as [Write, ...Write[]]);
  await atOnce(WRITES_AT_ONCE, others, async (batch) => {
    await tables.write(table, batch as [Write, ...Write[]]);
  });
}

/**
 * How many recipients each event has, so that all events together have the wanted number of
 * deliveries.
 */
function recipientsOf(deliveries: number, subscriptions: number): number[] {
  const events: number[] = [];
  for (let left = deliveries; left > 0;) {
    const wanted = RECIPIENTS[events.length % RECIPIENTS.length] ?? 1;
    const recipients = Math.min(wanted, subscriptions, left);
    events.push(recipients);
    left -= recipients;
  }
  return events;
}

function riseOf({
  instanceId,
  segmentName,
  occurredAtMs,
  previousValue,
  value,
}: {
  readonly instanceId: string;
  readonly segmentName: string;
  readonly occurredAtMs: number;
  readonly previousValue: number;
  readonly value: number;
}): SegmentEvent {
  const occurredAt = new Date(occurredAtMs).toISOString();
  const fact = { instanceId, trigger: TRIGGER, subject: segmentName, occurrence: String(occurredAtMs) } as const;
  const eventId = eventIdOf(fact, occurredAtMs, occurredAtMs);
  const facts = { segmentName, displayName: 'Very important people', previousValue, value, evaluatedAt: occurredAt };
  return { eventId, instanceId, occurredAt, trigger: TRIGGER, ...facts };
}

function recordOf(event: SegmentEvent, rowKey: string, status: DeliveryRecord['status']): DeliveryRecord {
  const { eventId, instanceId, occurredAt, segmentName } = event;
  const subject = { instanceId, trigger: TRIGGER, name: segmentName } as const;
  const address = { instanceId, trigger: TRIGGER, subjectHash: subjectHash(subject), rowKey } as const;
  const subscriptionId = formatSubscriptionId(address);
  const isDelivered = status === 'delivered';
  const occurredAtMs = Date.parse(occurredAt);
  return {
    deliveryId: formatDeliveryId(eventId, 0, rowKey),
    instanceId,
    subscriptionId,
    waitsFor: subscriptionId,
    status,
    code: isDelivered ? 'delivered' : status === 'parked' ? 'flow-off' : 'http-503',
    attempts: [1, 2, 3].map((number) => ({
      number,
      at: new Date(occurredAtMs + number * 1_000).toISOString(),
      durationMs: 90,
      ...(isDelivered && number === 3 ? { status: 202, code: 'delivered' } : { status: 503, code: 'http-503' }),
    })),
    dueAtMs: status === 'retrying' ? occurredAtMs + 7 * 24 * 3_600_000 : undefined,
    claim: undefined,
    redelivering: false,
    copied: false,
  };
}
