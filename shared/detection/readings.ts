import type { Measure, MeasureOutput, Segment } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';
import type { NamedReading } from './refresh-reading.ts';
import type { Evaluation } from './value-observation.ts';

/**
 * Everything that one snapshot read: segments and measures by name, and refreshes. A list is
 * `undefined` when it was not requested or could not be read.
 */
export interface Readings {
  readonly segments: ReadonlyMap<string, ValueReading> | undefined;
  readonly measures: ReadonlyMap<string, ValueReading> | undefined;
  readonly refreshes: NamedReading | undefined;
}

/** What was read of a segment or measure. */
export interface ValueReading {
  readonly displayName: string;
  /** The evaluations that have a value (the others are no observations), in no particular order. */
  readonly evaluations: readonly Evaluation[];
  /** The state of a segment: `active`, `inactive`, … */
  readonly state?: string | undefined;
  /**
   * Whether the measure has a single value that can be compared with a threshold. Always true for a
   * segment.
   */
  readonly withoutDimension: boolean;
  /** Whether it is a customer measure, which has one value for each customer. */
  readonly isOfCustomers?: boolean;
  /** Whether the values are counts, which are never negative. */
  readonly isCount: boolean;
  /** What the latest output of a measure is, when it is not one number. */
  readonly nonNumber?: MeasureOutput['nonNumber'];
  /**
   * The unknown statuses of evaluations that have an instant. `undefined` stands for a missing
   * status. These evaluations are not observations.
   */
  readonly unknownStatuses: readonly (string | undefined)[];
}

/**
 * Keeps the evaluations of a segment that are successful and have an instant and a member count.
 * The others are not observations.
 */
export function segmentReading(segment: Segment): ValueReading {
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

/**
 * Keeps the outputs of a measure that are one number with an instant. When an evaluation fails,
 * Customer Insights keeps the previous output.
 */
export function measureReading(measure: Measure): ValueReading {
  const evaluations = [...measure.outputHistory, ...(measure.output ? [measure.output] : [])].flatMap((output) =>
    output.evaluatedAt === undefined || output.value === undefined
      ? []
      : [{ evaluatedAtMs: Date.parse(output.evaluatedAt), value: output.value }],
  );
  return {
    displayName: measure.displayName,
    evaluations,
    withoutDimension: measure.withoutDimension,
    ...(measure.isOfCustomers && { isOfCustomers: true }),
    isCount: measure.isCount === true,
    ...(measure.output?.nonNumber && { nonNumber: measure.output.nonNumber }),
    unknownStatuses: [],
  };
}
