import {
  activityTable,
  addressOfEvent,
  CHUNK_MARK,
  chunkOfRow,
  troubleRowKey,
} from '../../shared/deliveries/activity-rows.ts';
import { parseDeliveryId, type DeliveryAddress } from '../../shared/deliveries/delivery-id.ts';
import type { RetriesMessage, RetryMessage } from '../../shared/deliveries/messages.ts';
import { isWaiting, troubleOfRow, type Trouble } from '../../shared/deliveries/trouble.ts';
import { openEventOfRow, STATE_TABLE } from '../../shared/events/open-event-row.ts';
import { eventKey, monthOf } from '../../shared/events/event-id.ts';
import type { MemoryQueues } from '../../shared/storage/memory-queues.ts';
import type { StoredRow, Tables, Write } from '../../shared/storage/tables.ts';
import { INSTANCES_TABLE } from '../../shared/subscriptions/instance-registry.ts';
import { INSTANCE } from './source-life.ts';
import type { Stage } from './stage.ts';

const DAY_MS = 24 * 3600 * 1000;

/** Tables that refuse to let a delivery fall back from `delivered`, whoever writes. */
export function guardDelivered(tables: Tables, violate: (what: string) => void): Tables {
  const delivered = new Map<string, number>();
  const rankOf = ({ row }: Write): number | undefined => {
    const { kind, status, deliveredCount } = row as Record<string, unknown>;
    if (kind === 'trouble') return status === 'delivered' ? 1 : 0;
    return kind === 'chunk' ? Number(deliveredCount) : undefined;
  };
  return {
    ...tables,
    async write(table, writes) {
      const result = await tables.write(table, writes);
      if (result.kind === 'conflict') return result;
      for (const write of writes) {
        const rank = rankOf(write);
        if (rank === undefined) continue;
        const key = `${table} ${write.row.rowKey}`;
        if (rank < (delivered.get(key) ?? 0)) violate(`${key} is no longer delivered`);
        delivered.set(key, rank);
      }
      return result;
    },
  };
}

/** What is stored, read past the storm. */
export interface Stored {
  openEvents(): Promise<number>;
  troubles(): Promise<Trouble[]>;
  /** Waiting deliveries that own no message: nobody would ever go on with them. */
  forgotten(): Promise<string[]>;
  /**
   * Looks at a message before it is worked on, and again when that is done: one that its delivery does not wait for ends there. Only in
   * the calm, where nothing else happens in between.
   */
  watchVoid(message: object): Promise<() => Promise<void>>;
  /** What must be true when nothing is left to do. */
  checkEnd(): Promise<void>;
}

export function storedWorld(stage: Stage, tables: Tables, queues: MemoryQueues): Stored {
  const months = new Set<string>();
  for (
    let atMs = stage.plan.startMs - DAY_MS;
    atMs < stage.plan.startMs + stage.plan.stormMs + 40 * DAY_MS;
    atMs += 10 * DAY_MS
  )
    months.add(monthOf(atMs));
  const activity = async (): Promise<StoredRow[]> => {
    const pages = await Promise.all(
      [...months].map((month) => tables.query(activityTable(month), { partition: INSTANCE })),
    );
    return pages.flatMap(({ rows }) => rows);
  };
  const openRows = async (): Promise<readonly StoredRow[]> =>
    (await tables.query(STATE_TABLE, { partition: INSTANCE, from: 'o:', to: 'o;' })).rows;
  const troubles = async (): Promise<Trouble[]> =>
    (await activity()).filter(({ values }) => values['kind'] === 'trouble').map(troubleOfRow);
  return {
    openEvents: async () => (await openRows()).length,
    troubles,
    async forgotten() {
      // An operator puts back what is in a poison queue.
      const messages = [...queues.waiting('retries'), ...queues.waiting('retries-poison')];
      // The next in line goes on as well, before its row names it.
      const nonces = new Set(
        messages.flatMap(({ message }) => {
          const { nonce, after } = message as Partial<RetryMessage>;
          return [nonce, after];
        }),
      );
      // Whoever takes over what is not settled sends messages for what waits there.
      const unsettled = (await activity()).filter((row) => row.values['kind'] === 'chunk' && !chunkOfRow(row).settled);
      const events = unsettled.map(({ rowKey }) => rowKey.slice(0, rowKey.indexOf(CHUNK_MARK)));
      const isInHand = ({ event }: DeliveryAddress): boolean => events.includes(eventKey(event));
      return (await troubles())
        .filter((trouble) => isWaiting(trouble) && !nonces.has(trouble.nonce))
        .map(({ deliveryId }) => deliveryId)
        .filter((deliveryId) => !isInHand(parseDeliveryId(deliveryId) as DeliveryAddress));
    },
    async watchVoid(message) {
      const { kind, deliveryId, nonce, after } = message as Partial<RetryMessage>;
      if (!stage.isCalm() || kind !== 'retry' || deliveryId === undefined) return () => Promise.resolve();
      const { event, range, rowKey } = parseDeliveryId(deliveryId) as DeliveryAddress;
      const stored = (): Promise<StoredRow | undefined> =>
        tables.get(activityTable(event.month), INSTANCE, troubleRowKey(event, range, rowKey));
      const sent = (): number =>
        queues.waiting('retries').filter(({ message: one }) => (one as Partial<RetryMessage>).nonce === nonce).length;
      const [before, sentBefore] = [await stored(), sent()];
      const names = before && troubleOfRow(before).nonce;
      if (names !== undefined && (names === nonce || names === after)) return () => Promise.resolve();
      return async () => {
        const isChanged = (await stored())?.etag !== before?.etag;
        if (sent() > sentBefore || isChanged)
          stage.violate(`a message that nobody waits for goes on: ${deliveryId} ${nonce}`);
      };
    },
    async checkEnd() {
      const polled = await tables.query(INSTANCES_TABLE, { partition: { from: ' ', to: '~' } });
      const open = (await openRows()).map((row) => openEventOfRow(row).event.eventId);
      // A subscribe that was given up may leave an event of an instance that nobody is subscribed to; the next subscribe has it closed.
      const isPolled = polled.rows.length > 0;
      if (isPolled) for (const eventId of open) stage.violate(`still open: ${eventId}`);
      // Sweeps do not look at an instance that nobody is subscribed to: only an operator has what poison queues hold of it settled.
      const isSwept = isPolled || stage.plan.redrives;
      const openKeys = open.map((eventId) => eventKey(addressOfEvent(eventId)));
      for (const row of await activity()) {
        if (openKeys.some((key) => row.rowKey.startsWith(key))) continue;
        if (row.values['kind'] === 'chunk') {
          const { settled, delivered, troubled } = chunkOfRow(row);
          // Claimed when the flow was still there, and closed by somebody who looked when it had gone: nobody goes on with it, or needs to.
          const isEmpty = delivered.length === 0 && troubled === 0;
          if (!settled && !isEmpty) stage.violate(`not settled: chunk ${row.rowKey}`);
        }
        if (row.values['kind'] !== 'trouble') continue;
        const trouble = troubleOfRow(row);
        if (isWaiting(trouble) && isSwept) stage.violate(`still ${trouble.status}: ${trouble.deliveryId}`);
        const numbers = trouble.attempts.map(({ number }) => number);
        if (numbers.some((number, index) => number !== index + 1))
          stage.violate(`attempts ${numbers.join(' ')} of ${trouble.deliveryId}`);
      }
      // A pointer that such an event may need waits with it.
      const mayWait = (message: unknown): boolean =>
        !isPolled && open.length > 0 && (message as Partial<RetriesMessage>).kind === 'tidy';
      for (const queue of ['polls', 'deliveries', 'retries'])
        for (const { message } of queues.waiting(queue))
          if (!mayWait(message)) stage.violate(`still in ${queue}: ${JSON.stringify(message).slice(0, 300)}`);
    },
  };
}
