import type { Measure, MeasureFailure, MeasureOutput } from './customer-insights.ts';
import { finiteNumber } from './decimal.ts';
import { field, flag, instant, objectIn, objectsIn, text, word, type JsonObject } from './json-fields.ts';
import { errorMessage } from './read-error.ts';

/** `MeasureMetadata`. The error is that of the latest evaluation, else the measure's `errorDescription`. */
export function parseMeasure(json: JsonObject): Measure | undefined {
  const name = text(json, 'name');
  if (name === undefined) return undefined;
  const definition = objectIn(json, 'definition');
  const latest = objectIn(json, 'latestEvaluation');
  const output = objectIn(json, 'output');
  return {
    name,
    displayName: text(json, 'displayName') ?? name,
    withoutDimension: definition !== undefined && isWithoutDimension(definition),
    ...(definition !== undefined && countsThings(definition) && { isCount: true as const }),
    latestState: latest === undefined ? undefined : word(latest, 'state'),
    latestError:
      (latest === undefined ? undefined : errorMessage(field(latest, 'error'))) ??
      errorMessage(field(json, 'errorDescription')),
    output: output === undefined ? undefined : readOutput(output),
    outputHistory: objectsIn(json, 'outputHistory').map(readOutput),
    failures: objectsIn(json, 'evaluationHistory').flatMap(readFailure),
  };
}

/** Whether the only calculation of a `MeasureDefinition` is `count` or `countDistinct`. */
function countsThings(definition: JsonObject): boolean {
  const [aggregate, ...others] = objectsIn(definition, 'aggregates');
  if (aggregate === undefined || others.length > 0) return false;
  return ['count', 'countdistinct'].includes(word(aggregate, 'operation') ?? '');
}

function readFailure(json: JsonObject): MeasureFailure[] {
  if (word(json, 'state') !== 'failed') return [];
  return [{ evaluatedAt: instant(json, 'endTime'), error: errorMessage(field(json, 'error')) }];
}

/**
 * Whether a `MeasureDefinition` has exactly one value: not a customer measure (`isProfile`), not a customer attribute
 * (kind `attribute`), and scalar by its own flag or for want of dimensions. A manual (SQL) measure lists no dimensions
 * even when its query groups, so there `isManualQueryScalar` is asked first.
 */
function isWithoutDimension(definition: JsonObject): boolean {
  if (flag(definition, 'isProfile') === true) return false;
  if ((word(definition, 'kind') ?? 'entity') !== 'entity') return false;
  if (flag(definition, 'isScalar') === true) return true;
  const dimensions = field(definition, 'dimensions');
  const noneListed = Array.isArray(dimensions) && dimensions.length === 0;
  return word(definition, 'type') === 'manual' ? (flag(definition, 'isManualQueryScalar') ?? noneListed) : noneListed;
}

/** `ScalarOutput`: `values` maps the alias of each calculation to its value, written as a string. */
function readOutput(json: JsonObject): MeasureOutput {
  const [value, ...others] = Object.values(objectIn(json, 'values') ?? {});
  const number = others.length === 0 ? finiteNumber(value) : undefined;
  const instead = number === undefined ? insteadOfNumber(value, others.length) : undefined;
  return { evaluatedAt: instant(json, 'evaluationTime'), value: number, ...(instead && { instead }) };
}

function insteadOfNumber(value: unknown, others: number): MeasureOutput['instead'] {
  if (others > 0) return 'several values';
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return /^\d{4}-\d\d-\d\d/.test(value.trim()) ? 'a date' : 'a text';
}
