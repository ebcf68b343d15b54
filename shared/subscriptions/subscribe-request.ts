import { Type, type TObject } from '@sinclair/typebox';
import type { Subject } from '../triggers/subject.ts';
import type { StartedBy } from '../triggers/started-by.ts';
import {
  byTrigger,
  hasThreshold,
  recordOf,
  triggerNames,
  triggers,
  type SubjectInputs,
  type Trigger,
} from '../triggers/trigger.ts';
import { inputValidatorOf, type Validator } from '../validation.ts';

/** An input of every subscribe request and preview. */
export const instanceInput = {
  instanceId: Type.String({ format: 'uuid', description: 'The Customer Insights instance.' }),
};
/** An input of the subscribe requests and previews of triggers with a threshold. */
export const thresholdInput = {
  threshold: Type.Number({ description: 'Fires when the value crosses above this number.' }),
};
const commonInputs = {
  callbackUrl: Type.String({ minLength: 1, maxLength: 16_384, description: 'Where to POST the event.' }),
  ...instanceInput,
  label: Type.Optional(Type.String({ maxLength: 256, description: 'A name to recognise the subscription by.' })),
};

/** A subscribe request of any trigger. Inputs that a trigger does not have are absent. */
export interface SubscribeRequest {
  readonly callbackUrl: string;
  readonly instanceId: string;
  readonly label?: string;
  readonly dataSourceId?: string;
  readonly segmentName?: string;
  readonly measureName?: string;
  readonly threshold?: number;
  /** Limits full refreshes to those that a schedule or a user started. */
  readonly startedBy?: StartedBy;
}

/**
 * The body of a subscribe call for each trigger. Handlers validate requests with it, and the
 * connector definition is generated from it.
 */
export const subscribeRequestSchemas = byTrigger(triggerNames, (trigger): TObject<typeof commonInputs> => {
  const properties: typeof commonInputs = {
    ...commonInputs,
    ...triggers[trigger].subject.inputs,
    ...(hasThreshold(trigger) && thresholdInput),
  };
  return Type.Object(properties, { additionalProperties: false });
});

const validators: Readonly<Record<Trigger, Validator<SubscribeRequest>>> = byTrigger(triggerNames, (trigger) =>
  inputValidatorOf(subscribeRequestSchemas[trigger]),
);

/** Validates a subscribe body for its trigger. */
export function validateSubscribeRequest(trigger: Trigger, body: unknown): ReturnType<Validator<SubscribeRequest>> {
  return validators[trigger](body);
}

/** The subject that a request names: ids in lower case, names unchanged. */
export function subjectOf<T extends Trigger>(trigger: T, request: { instanceId: string } & SubjectInputs<T>): Subject {
  const name = recordOf(trigger).subject.subjectName(request);
  return { trigger, instanceId: request.instanceId.toLowerCase(), name };
}
