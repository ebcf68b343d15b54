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
  /** Goes on with events that somebody opened and may have left behind. */
  readonly resumeOutbox: (events: readonly OutboxEntry[]) => Promise<void>;
}

/** Why the lists of the instance give no answer. */
const REASON = 'ALLOWED_INSTANCES does not name this instance: nothing of it is read';

/**
 * What is done in the place of a poll with an instance that the operator does not allow any more. Nothing of it is read, events that are still open end,
 * and whatever happens meanwhile is nobody's: should it be allowed again, the next reading of each list is a baseline. Rejects when storage
 * gives no answer.
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
  // One that is lost to another writer is made again by the next poll.
  for (const batch of transactionsOf(changes)) await ports.state.commit(instanceId, batch);
  if (changes.length > 0) {
    const since = new Date(ports.clock.now()).toISOString();
    const failing: Failing = Object.fromEntries(
      [...sourcesOf(before)].map((source) => [source, { since, reason: REASON }]),
    );
    const { completeAt, goesOnAt, noted, history, lastPolledAt = since } = before;
    await ports.state.savePoll(instanceId, { lastPolledAt, completeAt, goesOnAt, noted, history, failing });
    ports.log.warn('instance.not-allowed', { instanceId });
  }
  await ports.resumeOutbox(before.outbox);
}
