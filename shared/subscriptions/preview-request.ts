import { Type, type TObject } from '@sinclair/typebox';
import { inputValidatorOf, type Validator } from '../validation.ts';
import { subscribeRequestSchemas } from './subscribe-request.ts';

/** The longest history of a value that a poll reads. */
export const MAX_PREVIEW_DAYS = 30;

const days = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_PREVIEW_DAYS, description: 'How many days to look back.' }),
);
const strict = { additionalProperties: false };
const { segmentName, instanceId, threshold } = subscribeRequestSchemas['segment-threshold-crossed'].properties;
const { measureName } = subscribeRequestSchemas['measure-threshold-crossed'].properties;

/** The body of a preview for each trigger that has one: the inputs of a subscribe body. */
export const previewRequestSchemas = {
  'segment-threshold-crossed': Type.Object({ instanceId, segmentName, threshold, days }, strict),
  'measure-threshold-crossed': Type.Object({ instanceId, measureName, threshold, days }, strict),
} as const satisfies Record<string, TObject>;

export type PreviewTrigger = keyof typeof previewRequestSchemas;

/** A preview request. It has either `segmentName` or `measureName`. */
export interface PreviewRequest {
  readonly instanceId: string;
  readonly segmentName?: string;
  readonly measureName?: string;
  readonly threshold: number;
  readonly days?: number;
}

const validators: Readonly<Record<PreviewTrigger, Validator<PreviewRequest>>> = {
  'segment-threshold-crossed': inputValidatorOf(previewRequestSchemas['segment-threshold-crossed']),
  'measure-threshold-crossed': inputValidatorOf(previewRequestSchemas['measure-threshold-crossed']),
};

/** Validates the body of a preview for its trigger. */
export function validatePreviewRequest(trigger: PreviewTrigger, body: unknown): ReturnType<Validator<PreviewRequest>> {
  return validators[trigger](body);
}
