import type { TProperties } from '@sinclair/typebox';
import type { SubjectKind } from './subject-kinds.ts';

/** The lists that a poll can read, each with one call. */
export type Source = 'jobs' | 'segments' | 'measures';

/** Everything that makes a trigger, apart from how its event is detected. */
export type TriggerRecord<Inputs extends TProperties> = {
  /** One letter, used in stored keys and ids. Never change it or reuse it for another trigger. */
  readonly code: string;
  /** The `operationId` in the connector definition. */
  readonly operationId: string;
  /** What a subscription names. */
  readonly subject: SubjectKind<Inputs>;
} & Detection;

/** The list of Customer Insights that shows the event, and whether a subscription compares values with a threshold. */
type Detection =
  | { readonly hasThreshold: true; readonly source: 'segments' | 'measures' }
  | { readonly hasThreshold: false; readonly source: 'jobs' };
