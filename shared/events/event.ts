import type { Facts, Trigger } from '../triggers/trigger.ts';

/** The properties of every event. */
interface EventBase {
  readonly eventId: string;
  readonly instanceId: string;
  /** When the event occurred in Customer Insights, ISO 8601 UTC. */
  readonly occurredAt: string;
  /** Present on test events only. */
  readonly test?: true;
}

/**
 * An event: the properties of the callback body that are the same for all subscriptions. `Facts`
 * are those that only this trigger has.
 */
export type Event = { [T in Trigger]: EventBase & { readonly trigger: T } & Facts<T> }[Trigger];

/**
 * What identifies the evaluation or refresh in Customer Insights that an event stands for. The
 * event id contains a hash of it.
 */
export interface Fact {
  readonly instanceId: string;
  readonly trigger: Trigger;
  /** The name of the segment or measure. `undefined` for tasks and jobs, whose ids are unique. */
  readonly subject: string | undefined;
  /**
   * What distinguishes the fact from others of the same subject: the time of an evaluation, the id
   * of the task that ingested a data source or unified the data, or the id of the job of a full
   * refresh.
   */
  readonly occurrence: string;
}
