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
 * An event. It has those properties of the callback body that are the same for all subscriptions.
 */
export type Event = { [T in Trigger]: EventBase & { readonly trigger: T } & Facts<T> }[Trigger];

/** The fact in Customer Insights that an event stands for. It determines the event id. */
export interface Fact {
  readonly instanceId: string;
  readonly trigger: Trigger;
  /** The name of the segment or measure. `undefined` for tasks and jobs, whose ids are unique. */
  readonly subject: string | undefined;
  /** Evaluation time, task id or job id. */
  readonly occurrence: string;
}
