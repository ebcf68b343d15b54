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

const text = { type: 'string' };
const number = { type: 'number' };
const instant = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$' };
const oneOf = (...values: readonly string[]): object => ({ type: 'string', enum: values });

/**
 * The schema that the connector declares for a trigger. Undeclared properties are allowed when they
 * are flat, because connectors gain properties without a new version, and flows cannot use
 * undeclared nested ones.
 */
function notification(trigger: TriggerSegment, required: Properties, optional: Properties = {}): object {
  const common = {
    eventId: text,
    deliveryId: text,
    subscriptionId: text,
    trigger: oneOf(trigger),
    instanceId: text,
    occurredAt: instant,
  };
  return {
    type: 'object',
    properties: { ...common, ...required, ...optional, test: { type: 'boolean', enum: [true] } },
    required: [...Object.keys(common), ...Object.keys(required)],
    additionalProperties: { type: ['string', 'number', 'boolean'] },
  };
}

const threshold = { displayName: text, threshold: number, previousValue: number, value: number, evaluatedAt: instant };
const dataSource = { dataSourceId: text, dataSourceName: text, endedAt: instant };
const finalStatus = oneOf('successful', 'failed', 'timedOut');

/**
 * The JSON schema of each trigger's callback. Written by hand from the contract and deliberately
 * not shared with the backend, so that a change on one side only is refused here.
 */
export const notificationSchemas: Readonly<Record<TriggerSegment, object>> = {
  'data-source-refresh-failed': notification(
    'data-source-refresh-failed',
    { ...dataSource, refreshStatus: oneOf('failed', 'timedOut') },
    { jobId: text, errorMessage: text },
  ),
  'data-source-refresh-succeeded': notification(
    'data-source-refresh-succeeded',
    { ...dataSource, refreshStatus: oneOf('successful') },
    { jobId: text },
  ),
  'segment-threshold-crossed': notification('segment-threshold-crossed', { segmentName: text, ...threshold }),
  'measure-threshold-crossed': notification('measure-threshold-crossed', { measureName: text, ...threshold }),
  'full-refresh-completed': notification(
    'full-refresh-completed',
    { jobId: text, status: finalStatus, submittedAt: instant, endedAt: instant },
    {
      submissionKind: oneOf('scheduled', 'onDemand'),
      failedTaskCount: { type: 'integer', minimum: 0 },
      failedTasks: {
        type: 'array',
        minItems: 1,
        maxItems: 10,
        items: {
          type: 'object',
          properties: { operationType: text, name: text, message: text },
          required: ['operationType', 'name'],
          additionalProperties: { type: ['string', 'number', 'boolean'] },
        },
      },
    },
  ),
  'unification-refresh-completed': notification(
    'unification-refresh-completed',
    { status: finalStatus, submissionKind: oneOf('scheduled', 'onDemand'), endedAt: instant },
    { jobId: text },
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
