import { unreachable } from '../../../shared/unreachable.ts';
import { RefusedError } from './refused-error.ts';
import type { Evaluation, MeasureDefinition, MeasureMetadata } from './documented-shapes.ts';
import { newRevision, nodeKey, touch } from './instance.ts';
import type { Instance } from './instance.ts';
import { instantAfter, newGuid } from './ports.ts';
import type { Ports } from './ports.ts';

/**
 * The outcome of one evaluation of a measure. Only a business measure without dimension has a
 * `value`. It is sent as `String(value)`, so a string may hold a value that no number can
 * represent. A cancelled evaluation keeps the previous state, because the documented states of a
 * measure have no cancellation.
 */
export type MeasureOutcome =
  | { readonly kind: 'succeeded'; readonly value?: number | string }
  | { readonly kind: 'failed'; readonly error?: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'running' };

/**
 * What a measure is calculated over
 * (learn.microsoft.com/dynamics365/customer-insights/data/measure-builder).
 */
export type MeasureForm = 'withoutDimension' | 'byDimension' | 'perCustomer';

export interface NewMeasure {
  readonly name: string;
  readonly displayName?: string;
  readonly form?: MeasureForm;
  readonly operation?: 'sum' | 'avg' | 'min' | 'max' | 'count' | 'countDistinct';
  readonly field?: string;
}

/** Adds a measure that was never evaluated. Throws `RefusedError` (409) when the name is in use. */
export function addMeasure(instance: Instance, measure: NewMeasure, { clock }: Ports): MeasureMetadata {
  if (instance.measures.some(({ name }) => name === measure.name)) {
    throw new RefusedError(409, `There is a measure '${measure.name}' already.`);
  }
  const added: MeasureMetadata = {
    displayName: measure.displayName ?? measure.name,
    name: measure.name,
    description: null,
    definition: definitionOf(measure),
    latestEvaluation: { lastSuccessfulRunId: null, state: 'none', endTime: null, error: null },
    output: null,
    evaluationStats: { lastSuccessful: null, consecutiveFailureCount: 0 },
    errorDescription: null,
    evaluationHistory: [],
    outputHistory: [],
    isTemplate: false,
    isCreatedFromTemplate: false,
    ...newRevision(instance.metadata.instanceId, instantAfter(clock, null)),
  };
  instance.measures.push(added);
  return added;
}

function definitionOf({ name, form = 'withoutDimension', operation = 'sum', field }: NewMeasure): MeasureDefinition {
  const dimension = {
    withoutDimension: undefined,
    byDimension: 'Customer.Country',
    perCustomer: 'Customer.CustomerId',
  }[form];
  const column = dimension?.split('.')[1] ?? '';
  return {
    kind: 'entity',
    isScalar: dimension === undefined,
    linkedEntities: [{ kind: 'base', entity: 'Customer', alias: 'Customer' }],
    variables: [],
    dimensions:
      dimension === undefined
        ? []
        : [{ field: dimension, alias: column, displayName: column, order: 0, bucket: 'none', isReadOnly: false }],
    aggregates: [{ operation, field: field ?? 'Customer.TotalSpend', alias: name, displayName: name, order: 0 }],
    isProfile: form === 'perCustomer',
    measureQuerySql: null,
    type: 'structured',
    isManualQueryScalar: false,
  };
}

export interface MeasureChange {
  readonly name?: string;
  readonly displayName?: string;
  readonly active?: boolean;
}

/**
 * Renames, activates or deactivates a measure. Throws `RefusedError` (409) when the new name is in
 * use.
 */
export function changeMeasure(
  instance: Instance,
  measure: MeasureMetadata,
  change: MeasureChange,
  { clock }: Ports,
): void {
  const { inactiveMeasures, measures, nodes } = instance;
  const active = change.active ?? !inactiveMeasures.has(measure.name);
  if (change.name !== undefined && change.name !== measure.name) {
    if (measures.some(({ name }) => name === change.name)) {
      throw new RefusedError(409, `There is a measure '${change.name}' already.`);
    }
    nodes.delete(nodeKey('measures', measure.name));
    inactiveMeasures.delete(measure.name);
    measure.name = change.name;
  }
  measure.displayName = change.displayName ?? measure.displayName;
  if (active) inactiveMeasures.delete(measure.name);
  else inactiveMeasures.add(measure.name);
  touch(measure, instantAfter(clock, measure.updatedUtc));
}

export function removeMeasure(instance: Instance, measure: MeasureMetadata): void {
  instance.measures.splice(instance.measures.indexOf(measure), 1);
  instance.inactiveMeasures.delete(measure.name);
  instance.nodes.delete(nodeKey('measures', measure.name));
}

/** The measure with that name. Throws `RefusedError` (404) when there is none. */
export function findMeasure(instance: Instance, name: string): MeasureMetadata {
  const measure = instance.measures.find((candidate) => candidate.name === name);
  if (measure === undefined) throw new RefusedError(404, `There is no measure '${name}'.`);
  return measure;
}

/**
 * Evaluates the measure, later than its previous evaluation. A success without `value` keeps the
 * current value, which is 0 at first. Throws `RefusedError`: 409 when the measure is inactive, 400
 * for a value of a measure that has no single value.
 */
export function evaluateMeasure(
  instance: Instance,
  measure: MeasureMetadata,
  outcome: MeasureOutcome,
  ports: Ports,
): void {
  if (instance.inactiveMeasures.has(measure.name)) {
    throw new RefusedError(409, `The measure '${measure.name}' is inactive.`);
  }
  const startedAt = instantAfter(ports.clock, lastInstantOf(measure));
  const latest = measure.latestEvaluation;
  switch (outcome.kind) {
    case 'succeeded': {
      const output = outputOf(measure, outcome.value, startedAt);
      const endTime = instantAfter(ports.clock, startedAt);
      if (output !== undefined) {
        measure.output = output;
        measure.outputHistory.push(output);
      }
      measure.evaluationStats = { lastSuccessful: endTime, consecutiveFailureCount: 0 };
      recordEvaluation(measure, {
        lastSuccessfulRunId: newGuid(ports.random),
        state: 'completed',
        endTime,
        error: null,
      });
      return;
    }
    case 'failed':
      measure.evaluationStats.consecutiveFailureCount += 1;
      recordEvaluation(measure, {
        ...latest,
        state: 'failed',
        endTime: startedAt,
        error: outcome.error ?? 'The measure could not be evaluated.',
      });
      return;
    case 'cancelled':
      measure.latestEvaluation = measure.evaluationHistory.at(-1) ?? { ...latest, state: 'none' };
      return;
    case 'running':
      measure.latestEvaluation = { ...latest, state: 'running', endTime: null, error: null };
      return;
    default:
      unreachable(outcome);
  }
}

/** Throws `RefusedError` (400) for a measure that has no single value. */
export function refuseValueOf({ name, definition }: MeasureMetadata): void {
  if (!definition.isScalar) {
    throw new RefusedError(400, `The measure '${name}' has a dimension and therefore no single value.`);
  }
}

function recordEvaluation(measure: MeasureMetadata, evaluation: Evaluation): void {
  measure.latestEvaluation = evaluation;
  measure.evaluationHistory.push(evaluation);
}

function outputOf(measure: MeasureMetadata, value: number | string | undefined, evaluationTime: string) {
  const { name, definition } = measure;
  if (value !== undefined) refuseValueOf(measure);
  if (!definition.isScalar) return undefined;
  const alias = definition.aggregates[0]?.alias ?? name;
  const text = String(value ?? measure.output?.values[alias] ?? 0);
  return { values: { [alias]: text }, measureName: name, evaluationTime };
}

function lastInstantOf(measure: MeasureMetadata): string | null {
  return measure.evaluationHistory.at(-1)?.endTime ?? null;
}
