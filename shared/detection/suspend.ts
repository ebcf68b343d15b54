import type { OutboxEntry } from '../events/outbox-entry.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { transactionsOf } from './commit.ts';
import type { Failing, InstanceState } from './instance-state.ts';
import { sourcesOf } from './snapshot.ts';
import type { Change, StateStore } from './state-store.ts';

export interface SuspendPorts {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Continues the delivery of events that earlier polls committed and that may not be fully
   * delivered. While the instance is not allowed, it ends their deliveries without a call.
   */
  readonly resumeOutbox: (events: readonly OutboxEntry[]) => Promise<void>;
}

/** Why the lists of the instance are not read. */
const REASON = 'ALLOWED_INSTANCES does not name this instance, so it is not read';

/**
 * Runs in place of a poll when the operator no longer allows the instance (`ALLOWED_INSTANCES`).
 * Reads nothing from Customer Insights, marks all subjects as suspended, and ends the deliveries
 * that are still to be made. Changes in the meantime fire nothing, because the first reading of
 * each list after the instance is allowed again is a baseline. Rejects with `StorageError` when
 * storage does not respond.
 */
export async function suspendInstance(ports: SuspendPorts, before: InstanceState): Promise<void> {
  const { instanceId } = before;
  const changes: Change[] = before.values
    .filter(({ isSuspended }) => !isSuspended)
    .map((subject) => ({
      state: { kind: 'value', subject: { ...subject, isSuspended: true }, etag: subject.etag },
      events: [],
    }));
  const { refreshes } = before;
  if (refreshes && !refreshes.isSuspended) {
    const suspended = { ...refreshes, isSuspended: true };
    changes.push({ state: { kind: 'refreshes', refreshes: suspended, etag: refreshes.etag }, events: [] });
  }
  // If a change conflicts with another writer, the next poll repeats it.
  for (const batch of transactionsOf(changes)) await ports.state.commit(instanceId, batch);
  if (changes.length > 0) {
    const since = new Date(ports.clock.now()).toISOString();
    const failing: Failing = Object.fromEntries(
      [...sourcesOf(before)].map((source) => [source, { since, reason: REASON }]),
    );
    const { completeAt, resumesAt, loggedAnomalies, history, lastPolledAt = since } = before;
    await ports.state.savePoll(instanceId, { lastPolledAt, completeAt, resumesAt, loggedAnomalies, history, failing });
    ports.log.warn('instance.not-allowed', { instanceId });
  }
  await ports.resumeOutbox(before.outbox);
}
