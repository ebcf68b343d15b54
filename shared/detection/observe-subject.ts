import type { Clock } from '../clock.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import type { CustomerInsights } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Subject } from '../triggers/subject.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { commitReadings } from './commit.ts';
import type { InstanceState } from './instance-state.ts';
import type { Readings } from './readings.ts';
import { takeSnapshot } from './snapshot.ts';
import type { StateStore } from './state-store.ts';

export interface ReadSubjectPorts {
  /**
   * Resolves with a Customer Insights client that holds permits for `calls` calls to an instance.
   * Rejects with `CustomerInsightsError` (`limited`) when fewer permits are available.
   */
  readonly insightsFor: (instanceId: string, calls: number) => Promise<CustomerInsights>;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /**
   * Enqueues the events that the reading caused instead of delivering them at once, so that the
   * subscribe request does not wait for callbacks of other subscriptions.
   */
  readonly enqueueEvents: (events: readonly OutboxEntry[]) => Promise<void>;
  /**
   * Registers an instance, so that it is polled. Called before an event is committed. The subscribe
   * request registers the instance last, and if it breaks off before, nobody else would continue
   * the delivery of the event.
   */
  readonly registerInstance: (instanceId: string) => Promise<void>;
}

/** A subject whose trigger is one of `T`. */
export type SubjectOf<T extends Trigger> = Subject & { readonly trigger: T };

/**
 * The parameters for reading one subject. `subjectState` is the instance's state, reduced to this
 * subject.
 */
export interface SubjectRead {
  readonly insights: CustomerInsights;
  readonly subjectState: InstanceState;
  readonly clock: Clock;
}

/** Reads one list. Rejects with the list's error if it cannot be read. */
export async function readingsOrThrow(
  { insights, subjectState, clock }: SubjectRead,
  source: 'segments' | 'measures',
): Promise<Readings> {
  const snapshot = await takeSnapshot(insights, subjectState, new Set([source]), clock);
  const failure = snapshot.failures.get(source);
  if (failure) throw failure;
  return snapshot.readings;
}

/** Commits the readings as a poll does, and enqueues the events that they cause. */
export async function observeNow(
  ports: ReadSubjectPorts,
  subjectState: InstanceState,
  readings: Readings,
): Promise<void> {
  const { state, clock, log, registerInstance } = ports;
  const committing = { state, clock, log, beforeEvents: registerInstance };
  const committed = await commitReadings(committing, subjectState, readings, ports.random.token(9));
  if (committed.length > 0) await ports.enqueueEvents(committed);
}
