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
  /**
   * Called before the first transaction that commits an event. Absent for polls, which poll the
   * instance again anyway.
   */
  readonly beforeEvents?: (instanceId: string) => Promise<void>;
}

/**
 * Maximum number of attempts. Concurrent writers are rare, so this many conflicts in a row mean
 * that something is wrong.
 */
const MAX_TRIES = 10;

/**
 * Detects what changed between the stored state and the readings, and commits each change together
 * with its events in one transaction. A change is committed only if the state is still the one that
 * was read (compare-and-swap). After a conflict, the state is read and compared again. `writer` is
 * a random name that only this call uses. It is stored in the outbox entries. If the response to a
 * transaction is lost, the next attempt recognises by this name that the transaction succeeded.
 *
 * Resolves with the outbox entries that this call committed. Rejects with `StorageError` when
 * storage does not respond. The next poll then finds and delivers what was committed.
 */
export async function commitReadings(
  ports: CommitPorts,
  before: InstanceState,
  readings: Readings,
  writer: string,
): Promise<OutboxEntry[]> {
  const { instanceId } = before;
  let state = before;
  let isReady = ports.beforeEvents === undefined;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { changes, hasMore } = detect(state, readings, { nowMs: ports.clock.now(), writer });
    if (!isReady && changes.some(({ events }) => events.length > 0)) {
      await ports.beforeEvents?.(instanceId);
      isReady = true;
    }
    let hasConflict = false;
    // The entries of earlier attempts, including those whose response was lost.
    const committed = state.outbox.filter((entry) => entry.writer === writer);
    for (const batch of transactionsOf(changes)) {
      const result = await commitOnce(ports.state, instanceId, batch);
      if (result.kind === 'committed') committed.push(...result.entries);
      else hasConflict = true;
    }
    if (!hasConflict && !hasMore) {
      for (const entry of committed) logEvent(ports.log, entry);
      return committed;
    }
    state = await ports.state.read(instanceId);
  }
  throw new StorageError('commit of readings', `${MAX_TRIES} conflicts in a row`);
}

/** Logs an event after its commit is certain. `event.opened` is older than the word commit. */
function logEvent(log: Log, { event, committedAt: openedAt }: OutboxEntry): void {
  const { instanceId, trigger, eventId, occurredAt } = event;
  log.info('event.opened', { instanceId, trigger, eventId, occurredAt, openedAt });
}

/** `unknown`: the response was lost, so the transaction may have succeeded. */
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

/**
 * Packs changes into transactions of at most `MAX_TRANSACTION_ROWS` rows. A change is never split.
 */
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
