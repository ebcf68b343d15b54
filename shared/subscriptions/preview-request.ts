import { Type, type TObject } from '@sinclair/typebox';
import { byTrigger, thresholdTriggers, triggers, type ThresholdTrigger } from '../triggers/trigger.ts';
import { inputValidatorOf, type Validator } from '../validation.ts';
import { instanceInput, thresholdInput } from './subscribe-request.ts';

/**
 * Maximum number of days that a preview looks back: as far back as polls read the history of a
 * value.
 */
export const MAX_PREVIEW_DAYS = 30;

const days = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_PREVIEW_DAYS, description: 'How many days to look back.' }),
);

/**
 * Asks when a threshold would have fired in the past. Has either `segmentName` or `measureName`.
 */
export interface PreviewRequest {
  readonly instanceId: string;
  readonly segmentName?: string;
  readonly measureName?: string;
  readonly threshold: number;
  readonly days?: number;
}

/** The body of a preview for each trigger that has one: the inputs of a subscribe body. */
export const previewRequestSchemas = byTrigger(
  thresholdTriggers,
  (trigger): TObject<typeof instanceInput & typeof thresholdInput> => {
    const properties = { ...instanceInput, ...triggers[trigger].subject.inputs, ...thresholdInput, days };
    return Type.Object(properties, { additionalProperties: false });
  },
);

const validators: Readonly<Record<ThresholdTrigger, Validator<PreviewRequest>>> = byTrigger(
  thresholdTriggers,
  (trigger) => inputValidatorOf(previewRequestSchemas[trigger]),
);

/** Validates the body of a preview for its trigger. */
export function validatePreviewRequest(
  trigger: ThresholdTrigger,
  body: unknown,
): ReturnType<Validator<PreviewRequest>> {
  return validators[trigger](body);
}
