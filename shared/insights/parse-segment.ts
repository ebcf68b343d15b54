import type { Segment, SegmentEvaluation } from './customer-insights.ts';
import { finiteNumber } from './decimal.ts';
import { field, instant, objectIn, objectsIn, text, word, type JsonObject } from './json-fields.ts';
import { errorMessage } from './read-error.ts';

/** `SegmentMetadata`; `history` is its `evaluationStatusHistory`. */
export function parseSegment(json: JsonObject): Segment | undefined {
  const name = text(json, 'name');
  if (name === undefined) return undefined;
  const latest = objectIn(json, 'evaluationStatus');
  return {
    name,
    displayName: text(json, 'friendlyName') ?? name,
    state: word(json, 'state'),
    latest: latest === undefined ? undefined : readEvaluation(latest),
    history: objectsIn(json, 'evaluationStatusHistory').map(readEvaluation),
  };
}

function readEvaluation(json: JsonObject): SegmentEvaluation {
  return {
    status: word(json, 'jobStatus') ?? '',
    evaluatedAt: instant(json, 'evaluationDate'),
    memberCount: finiteNumber(field(json, 'entityCount')),
    error: errorMessage(field(json, 'error')),
  };
}
