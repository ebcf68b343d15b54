import { Ajv } from 'ajv';
import type { ValidateFunction } from 'ajv';

/** The triggers, by their path segment in the backend's API. */
export type TriggerSegment =
  | 'data-source-refresh-failed'
  | 'data-source-refresh-succeeded'
  | 'segment-threshold-crossed'
  | 'measure-threshold-crossed'
  | 'full-refresh-completed'
  | 'unification-refresh-completed';

type Properties = Readonly<Record<string, object>>;

const textSchema = { type: 'string' };
const numberSchema = { type: 'number' };
const instantSchema = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' };
const enumSchema = (...values: readonly string[]): object => ({ type: 'string', enum: values });

/**
 * The schema that the connector declares for a trigger. Undeclared properties are allowed when they
 * are flat, because connectors gain properties without a new version, and flows cannot use
 * undeclared nested ones.
 */
function notification(trigger: TriggerSegment, required: Properties, optional: Properties = {}): object {
  const common = {
    eventId: textSchema,
    deliveryId: textSchema,
    subscriptionId: textSchema,
    trigger: enumSchema(trigger),
    instanceId: textSchema,
    occurredAt: instantSchema,
  };
  return {
    type: 'object',
    properties: { ...common, ...required, ...optional, test: { type: 'boolean', enum: [true] } },
    required: [...Object.keys(common), ...Object.keys(required)],
    additionalProperties: { type: ['string', 'number', 'boolean'] },
  };
}

const threshold = {
  displayName: textSchema,
  threshold: numberSchema,
  previousValue: numberSchema,
  value: numberSchema,
  evaluatedAt: instantSchema,
};
const dataSource = { dataSourceId: textSchema, dataSourceName: textSchema, endedAt: instantSchema };
const finalStatus = enumSchema('successful', 'failed', 'timedOut');

/**
 * The JSON schema of each trigger's callback. Written by hand from the contract and deliberately
 * not shared with the backend, so that a change on one side only is refused here.
 */
export const notificationSchemas: Readonly<Record<TriggerSegment, object>> = {
  'data-source-refresh-failed': notification(
    'data-source-refresh-failed',
    { ...dataSource, refreshStatus: enumSchema('failed', 'timedOut') },
    { jobId: textSchema, errorMessage: textSchema },
  ),
  'data-source-refresh-succeeded': notification(
    'data-source-refresh-succeeded',
    { ...dataSource, refreshStatus: enumSchema('successful') },
    { jobId: textSchema },
  ),
  'segment-threshold-crossed': notification('segment-threshold-crossed', { segmentName: textSchema, ...threshold }),
  'measure-threshold-crossed': notification('measure-threshold-crossed', { measureName: textSchema, ...threshold }),
  'full-refresh-completed': notification(
    'full-refresh-completed',
    { jobId: textSchema, status: finalStatus, submittedAt: instantSchema, endedAt: instantSchema },
    {
      submissionKind: enumSchema('scheduled', 'onDemand'),
      failedTaskCount: { type: 'integer', minimum: 0 },
      failedTasks: {
        type: 'array',
        minItems: 1,
        maxItems: 10,
        items: {
          type: 'object',
          properties: { operationType: textSchema, name: textSchema, message: textSchema },
          required: ['operationType', 'name'],
          additionalProperties: { type: ['string', 'number', 'boolean'] },
        },
      },
    },
  ),
  'unification-refresh-completed': notification(
    'unification-refresh-completed',
    { status: finalStatus, submissionKind: enumSchema('scheduled', 'onDemand'), endedAt: instantSchema },
    { jobId: textSchema },
  ),
};

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
const validators = new Map<string, ValidateFunction>(
  Object.entries(notificationSchemas).map(([trigger, schema]) => [trigger, ajv.compile(schema)]),
);

/**
 * What is wrong with the body of a callback, in one line. `undefined` when the body matches the
 * trigger's schema.
 */
export function notificationMismatch(trigger: TriggerSegment, body: unknown): string | undefined {
  const validate = validators.get(trigger);
  if (validate === undefined) throw new Error(`no notification schema for trigger ${trigger}`);
  return validate(body) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body' });
}
