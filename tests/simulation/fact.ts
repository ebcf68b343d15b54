import type { Trigger } from '../../shared/triggers/trigger.ts';

/**
 * A fact of Customer Insights of which a flow may have to be notified, whether the app detects it
 * or not.
 */
export interface Fact {
  /** The position of its instance in `Names`. */
  readonly instance: number;
  readonly trigger: Trigger;
  /** The data source id of an ingestion. */
  readonly dataSourceId?: string;
  /** Who started a full refresh. */
  readonly startedBy?: 'schedule' | 'user';
  /** Unique per trigger: it connects a callback with this fact. */
  readonly occurredAt: string;
  /** When it became true. Earlier than `publishedAtMs` when Customer Insights reports it late. */
  readonly happenedAtMs: number;
  /** From when on Customer Insights shows it. */
  readonly publishedAtMs: number;
  /** From when on all lists of Customer Insights show it to a poll. */
  readonly shownByMs: number;
  /** Whether it cannot be read for a while, because the calls to its list hang. */
  readonly isHeldUp: boolean;
  /** Of a rise. */
  readonly previousValue?: number;
  readonly value?: number;
}

/** What a fact says, without the times at which Customer Insights shows it. */
export type Happened = Omit<Fact, 'instance' | 'happenedAtMs' | 'publishedAtMs' | 'shownByMs' | 'isHeldUp'>;
