import type { TProperties } from '@sinclair/typebox';
import type { FactsOf } from './payload-schema.ts';
import type { SubjectKind } from './subject-kinds.ts';

/**
 * The lists of Customer Insights that a poll can read, each with one call. `jobs` shows the
 * refreshes.
 */
export type Source = 'jobs' | 'segments' | 'measures';

/**
 * Everything that defines a trigger, except how its events are detected. The functions are pure.
 */
export type TriggerRecord<Inputs extends TProperties, Payload extends TProperties> = {
  /** One letter, used in stored keys and ids. Never change it or reuse it for another trigger. */
  readonly code: string;
  /** The `operationId` in the connector definition. */
  readonly operationId: string;
  /** The kind of subject (segment, data source, …) that a subscription names. */
  readonly subject: SubjectKind<Inputs>;
  readonly texts: TriggerTexts;
  /** The properties that only callbacks of this trigger have. Later versions may add some. */
  readonly payload: Payload;
  /** What a subscription waits for, as a person recognises it in a list: `Churn risk above 150`. */
  readonly title: (subscription: Titled) => string;
  /** The subscriptions that an event reaches. */
  readonly recipients: (event: FactsOf<Payload>) => readonly RecipientSubject[];
  /** What happened, in words for operators. Also accepts events that earlier versions stored. */
  readonly sentence: (event: FactsOf<Payload>) => string;
  /** The facts of a test event. */
  readonly sample: (subscription: Sampled) => FactsOf<Payload>;
} & Detection;

/**
 * The list of Customer Insights that shows the event (`source`), and whether a subscription
 * compares values with a threshold. A trigger with a threshold has a preview: an operation of the
 * connector that says when a threshold would have been crossed in the last 30 days.
 */
type Detection =
  | {
      readonly hasThreshold: true;
      readonly source: 'segments' | 'measures';
      readonly preview: { readonly operationId: string; readonly summary: string };
    }
  | {
      readonly hasThreshold: false;
      readonly source: 'jobs';
      /**
       * The operation type, in the words of Customer Insights, of the tasks that fire the trigger:
       * `ingestion` is the refresh of a data source, `merge` a unification. For full refreshes it
       * is that of the jobs, `all`.
       */
      readonly operationType: string;
    };

/**
 * The texts in the connector. The guide for flow makers describes in detail when each trigger
 * fires.
 */
interface TriggerTexts {
  /** The name in the designer, in the form `When a …`. */
  readonly summary: string;
  /** A full sentence that begins with "This operation triggers when". */
  readonly description: string;
  /** How a maker can cause the event to test a flow. */
  readonly hint: string;
  /** The summary of the unsubscribe operation. It is visible only in the definition. */
  readonly unsubscribe: string;
  /** The description of the callback's body. */
  readonly notification: string;
}

/** The parts of a subscription that its title shows. */
export interface Titled {
  readonly subject: string;
  /** The display name, or the subject where none is stored. */
  readonly subjectName: string;
  readonly threshold: number | undefined;
}

/** The parts of a subscription that its test event shows. */
export interface Sampled {
  readonly subject: string;
  readonly threshold: number | undefined;
  readonly occurredAt: string;
}

/** The subscriptions to one subject, of all thresholds or of a range. */
export interface RecipientSubject {
  /**
   * The segment, measure or data source as the event names it, or a stored subject such as
   * `ANY_SUBJECT`.
   */
  readonly subject: string;
  /** The lowest threshold (inclusive). */
  readonly thresholdFrom?: number;
  /** The upper bound of thresholds (exclusive). */
  readonly thresholdBelow?: number;
}
