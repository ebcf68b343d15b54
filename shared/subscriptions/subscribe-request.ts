import { Type, type TObject, type TProperties } from '@sinclair/typebox';
import { startedByValues, subjectStartedBy, type StartedBy } from '../triggers/started-by.ts';
import { ANY_SUBJECT, triggerNames, type Trigger } from '../triggers/trigger.ts';
import type { Subject } from '../triggers/subject.ts';
import { inputValidatorOf, type Validator } from '../validation.ts';

const instanceId = Type.String({ format: 'uuid', description: 'The Customer Insights instance.' });
const threshold = Type.Number({ description: 'Fires when the value crosses above this number.' });
const common = {
  callbackUrl: Type.String({ minLength: 1, maxLength: 16_384, description: 'Where to POST the event.' }),
  instanceId,
  label: Type.Optional(Type.String({ maxLength: 256, description: 'A name to recognise the subscription by.' })),
};
const dataSource = {
  dataSourceId: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 128,
      // `*` is stored for any data source, so it is not a valid id.
      pattern: '^[^*]*$',
      description: 'The data source; any data source when absent.',
    }),
  ),
};

const startedBy = {
  startedBy: Type.Optional(
    // TypeBox would write `anyOf` and `const`, which Swagger 2.0 does not support.
    Type.Unsafe<StartedBy>({
      type: 'string',
      enum: [...startedByValues],
      description: 'Who started the refresh: a schedule, a user, or any of them when absent.',
    }),
  ),
};

function request<P extends TProperties>(properties: P): TObject<P & typeof common> {
  return Type.Object({ ...common, ...properties }, { additionalProperties: false });
}

/** The body of a subscribe call for each trigger. Handlers validate with it and the connector definition is generated from it. */
export const subscribeRequestSchemas = {
  'data-source-refresh-failed': request(dataSource),
  'data-source-refresh-succeeded': request(dataSource),
  'segment-threshold-crossed': request({ segmentName: Type.String({ minLength: 1, maxLength: 256 }), threshold }),
  'measure-threshold-crossed': request({ measureName: Type.String({ minLength: 1, maxLength: 256 }), threshold }),
  'full-refresh-completed': request(startedBy),
  'unification-refresh-completed': request({}),
} as const satisfies Record<Trigger, TObject>;

/** A subscribe request of any trigger. Inputs that a trigger does not have are absent. */
export interface SubscribeRequest {
  readonly callbackUrl: string;
  readonly instanceId: string;
  readonly label?: string;
  readonly dataSourceId?: string;
  readonly segmentName?: string;
  readonly measureName?: string;
  readonly threshold?: number;
  readonly startedBy?: StartedBy;
}

const validators = Object.fromEntries(
  triggerNames.map((name) => [name, inputValidatorOf(subscribeRequestSchemas[name])]),
) as Record<Trigger, Validator<SubscribeRequest>>;

/** Validates a subscribe body for its trigger. */
export function validateSubscribeRequest(trigger: Trigger, body: unknown): ReturnType<Validator<SubscribeRequest>> {
  return validators[trigger](body);
}

/** The subject of a request in canonical form: ids in lower case, names unchanged. */
export function subjectOf(
  trigger: Trigger,
  request: Pick<SubscribeRequest, 'instanceId' | 'segmentName' | 'measureName' | 'dataSourceId' | 'startedBy'>,
): Subject {
  const named = request.segmentName ?? request.measureName ?? request.dataSourceId?.toLowerCase().trim();
  const name =
    trigger === 'full-refresh-completed' ? subjectStartedBy(request.startedBy ?? 'any') : (named ?? ANY_SUBJECT);
  return { trigger, instanceId: request.instanceId.toLowerCase(), name };
}
