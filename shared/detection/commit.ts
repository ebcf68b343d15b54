import type { OutboxEntry } from '../events/outbox-entry.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { StorageError } from '../storage/tables.ts';
import { detect } from './detect.ts';
import type { InstanceState } from './instance-state.ts';
import type { Readings } from './readings.ts';
import { MAX_TRANSACTION_ROWS, rowsOf, type Change, type CommitResult, type StateStore } from './state-store.ts';

export interface CommitPorts {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** More than one other writer at a time is rare; this many lost races in a row mean that something is wrong. */
const MAX_TRIES = 10;

/**
 * Brings what is remembered up to the readings: state and events in one transaction, by compare-and-swap. Whoever loses a race reads
 * again and detects again from what the winner left. A transaction whose answer was lost is found again by the name of its writer.
 * Resolves with the events that this writer opened. Rejects with `StorageError` when storage gives no answer; what was committed by then is found by the next poll.
 */
export async function commitReadings(
  ports: CommitPorts,
  before: InstanceState,
  readings: Readings,
  writer: string,
): Promise<OutboxEntry[]> {
  const { instanceId } = before;
  let state = before;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { changes, more } = detect(state, readings, { nowMs: ports.clock.now(), writer });
    let lost = false;
    // What an earlier try committed, with or without being told so, carries this writer's name.
    const opened = state.outbox.filter((open) => open.writer === writer);
    for (const batch of transactionsOf(changes)) {
      const result = await commitOnce(ports.state, instanceId, batch);
      if (result.kind === 'committed') opened.push(...result.opened);
      else lost = true;
    }
    if (!lost && !more) {
      for (const open of opened) report(ports.log, open);
      return opened;
    }
    state = await ports.state.read(instanceId);
  }
  throw new StorageError('commit of readings', `lost ${MAX_TRIES} races in a row`);
}

/** One line an event, once it is sure to be told. */
function report(log: Log, { event, committedAt: openedAt }: OutboxEntry): void {
  const { instanceId, trigger, eventId, occurredAt } = event;
  log.info('event.opened', { instanceId, trigger, eventId, occurredAt, openedAt });
}

async function commitOnce(
  store: StateStore,
  instanceId: string,
  batch: readonly [Change, ...Change[]],
): Promise<CommitResult | { kind: 'unknown' }> {
  try {
    return await store.commit(instanceId, batch);
  } catch (error) {
    if (error instanceof StorageError) return { kind: 'unknown' };
    throw error;
  }
}

/** Packs changes into transactions, each whole. */
export function transactionsOf(changes: readonly Change[]): [Change, ...Change[]][] {
  const batches: [Change, ...Change[]][] = [];
  let rows = 0;
  for (const change of changes) {
    const batch = batches.at(-1);
    if (batch !== undefined && rows + rowsOf(change) <= MAX_TRANSACTION_ROWS) batch.push(change);
    else {
      batches.push([change]);
      rows = 0;
    }
    rows += rowsOf(change);
  }
  return batches;
}
