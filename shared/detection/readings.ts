import type { Measure, MeasureOutput, Segment } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';
import type { NamedReading } from './read-refreshes.ts';
import type { Evaluation } from './value-observation.ts';

/** Everything one look at Customer Insights brought. A part is absent when it was not asked for or gave no answer. */
export interface Readings {
  readonly segments: ReadonlyMap<string, ReadValue> | undefined;
  readonly measures: ReadonlyMap<string, ReadValue> | undefined;
  readonly refreshes: NamedReading | undefined;
}

/** A segment's or measure's finished evaluations, in no particular order. */
export interface ReadValue {
  readonly displayName: string;
  readonly evaluations: readonly Evaluation[];
  /** Of a segment: `active`, `inactive`, … */
  readonly state?: string | undefined;
  /** Of a measure: whether it has the one value that can be compared. True for a segment. */
  readonly withoutDimension: boolean;
  /** Whether its values are numbers of things, which are never below 0. */
  readonly isCount: boolean;
  /** Of a measure: what its latest output is in the place of one number. */
  readonly instead?: MeasureOutput['instead'];
  /** Status words that nobody knows, of evaluations that have an instant: they are no observation. */
  readonly unknownStatuses: readonly string[];
}

/** Evaluations that ended well and have an instant and a count; all others are no observation. */
export function segmentReading(segment: Segment): ReadValue {
  const listed = [...segment.history, ...(segment.latest ? [segment.latest] : [])];
  const evaluations = listed.flatMap((evaluation) => {
    if (knownStatus(evaluation.status) !== 'successful') return [];
    if (evaluation.evaluatedAt === undefined || evaluation.memberCount === undefined) return [];
    return [{ evaluatedAtMs: Date.parse(evaluation.evaluatedAt), value: evaluation.memberCount }];
  });
  const unknownStatuses = listed
    .filter(({ status, evaluatedAt }) => evaluatedAt !== undefined && knownStatus(status) === undefined)
    .map(({ status }) => status);
  return {
    displayName: segment.displayName,
    evaluations,
    state: segment.state,
    withoutDimension: true,
    isCount: true,
    unknownStatuses,
  };
}

/** The outputs that are one number with an instant. A failed evaluation leaves the output of the one before in place. */
export function measureReading(measure: Measure): ReadValue {
  const evaluations = [...measure.outputHistory, ...(measure.output ? [measure.output] : [])].flatMap((output) =>
    output.evaluatedAt === undefined || output.value === undefined
      ? []
      : [{ evaluatedAtMs: Date.parse(output.evaluatedAt), value: output.value }],
  );
  return {
    displayName: measure.displayName,
    evaluations,
    withoutDimension: measure.withoutDimension,
    isCount: measure.isCount === true,
    ...(measure.output?.instead && { instead: measure.output.instead }),
    unknownStatuses: [],
  };
}
