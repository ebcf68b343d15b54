import type { Segment, SegmentEvaluation } from './customer-insights.ts';
import { finiteNumber } from './decimal.ts';
import {
  field,
  instantField,
  objectField,
  objectListField,
  stringField,
  wordField,
  type JsonObject,
} from './json-fields.ts';
import { errorMessage } from './read-error.ts';

/**
 * Reads a `SegmentMetadata` of Microsoft's public client libraries. Its `evaluationStatusHistory`
 * becomes `history`.
 */
export function parseSegment(json: JsonObject): Segment | undefined {
  const name = stringField(json, 'name');
  if (name === undefined) return undefined;
  const latest = objectField(json, 'evaluationStatus');
  return {
    name,
    displayName: stringField(json, 'friendlyName') ?? name,
    state: wordField(json, 'state'),
    latest: latest === undefined ? undefined : readEvaluation(latest),
    history: objectListField(json, 'evaluationStatusHistory').map(readEvaluation),
  };
}

function readEvaluation(json: JsonObject): SegmentEvaluation {
  return {
    status: wordField(json, 'jobStatus'),
    evaluatedAt: instantField(json, 'evaluationDate'),
    memberCount: finiteNumber(field(json, 'entityCount')),
    error: errorMessage(field(json, 'error')),
  };
}
