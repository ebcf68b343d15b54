import type { Measure, MeasureFailure, MeasureOutput } from './customer-insights.ts';
import { finiteNumber } from './decimal.ts';
import {
  field,
  booleanField,
  instantField,
  objectField,
  objectListField,
  stringField,
  wordField,
  type JsonObject,
} from './json-fields.ts';
import { errorMessage } from './read-error.ts';

/**
 * Reads a `MeasureMetadata` of Microsoft's public client libraries. `latestError` is the error of
 * the latest evaluation, or else the measure's `errorDescription`.
 */
export function parseMeasure(json: JsonObject): Measure | undefined {
  const name = stringField(json, 'name');
  if (name === undefined) return undefined;
  const definition = objectField(json, 'definition');
  const latest = objectField(json, 'latestEvaluation');
  const output = objectField(json, 'output');
  return {
    name,
    displayName: stringField(json, 'displayName') ?? name,
    withoutDimension: definition !== undefined && isWithoutDimension(definition),
    ...(definition !== undefined && isOfCustomers(definition) && { isOfCustomers: true as const }),
    ...(definition !== undefined && countsThings(definition) && { isCount: true as const }),
    latestState: latest === undefined ? undefined : wordField(latest, 'state'),
    latestError:
      (latest === undefined ? undefined : errorMessage(field(latest, 'error'))) ??
      errorMessage(field(json, 'errorDescription')),
    output: output === undefined ? undefined : readOutput(output),
    outputHistory: objectListField(json, 'outputHistory').map(readOutput),
    failures: objectListField(json, 'evaluationHistory').flatMap(readFailure),
  };
}

/** Whether a `MeasureDefinition` has one calculation, and it is `count` or `countDistinct`. */
function countsThings(definition: JsonObject): boolean {
  const [aggregate, ...others] = objectListField(definition, 'aggregates');
  if (aggregate === undefined || others.length > 0) return false;
  return ['count', 'countdistinct'].includes(wordField(aggregate, 'operation') ?? '');
}

function readFailure(json: JsonObject): MeasureFailure[] {
  if (wordField(json, 'state') !== 'failed') return [];
  return [{ evaluatedAt: instantField(json, 'endTime'), error: errorMessage(field(json, 'error')) }];
}

/**
 * Whether a `MeasureDefinition` is a customer measure (`isProfile`) or a customer attribute (kind
 * `attribute`).
 */
function isOfCustomers(definition: JsonObject): boolean {
  return booleanField(definition, 'isProfile') === true || wordField(definition, 'kind') === 'attribute';
}

/**
 * Whether a `MeasureDefinition` has exactly one value. It must not be a customer measure (one value
 * for each customer), and must either be marked as scalar or have no dimensions. A manual measure
 * is written in SQL and lists no dimensions even if it has a GROUP BY, so for such a measure
 * `isManualQueryScalar` decides if it is present.
 */
function isWithoutDimension(definition: JsonObject): boolean {
  if (isOfCustomers(definition)) return false;
  if ((wordField(definition, 'kind') ?? 'entity') !== 'entity') return false;
  if (booleanField(definition, 'isScalar') === true) return true;
  const dimensions = field(definition, 'dimensions');
  const noneListed = Array.isArray(dimensions) && dimensions.length === 0;
  return wordField(definition, 'type') === 'manual'
    ? (booleanField(definition, 'isManualQueryScalar') ?? noneListed)
    : noneListed;
}

/**
 * Reads a `ScalarOutput`. Its `values` map the alias of each calculation to its value, written as a
 * string.
 */
function readOutput(json: JsonObject): MeasureOutput {
  const [value, ...others] = Object.values(objectField(json, 'values') ?? {});
  const number = others.length === 0 ? finiteNumber(value) : undefined;
  const nonNumber = number === undefined ? nonNumberOf(value, others.length) : undefined;
  return { evaluatedAt: instantField(json, 'evaluationTime'), value: number, ...(nonNumber && { nonNumber }) };
}

function nonNumberOf(value: unknown, others: number): MeasureOutput['nonNumber'] {
  if (others > 0) return 'several values';
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return /^\d{4}-\d\d-\d\d/.test(value.trim()) ? 'a date' : 'a text';
}
