import { Type, type TObject, type TProperties, type TSchema, type TUnsafe } from '@sinclair/typebox';
import type { RefreshStatus, UnificationRefreshCompleted } from '../../events/event.ts';
import type { Trigger } from '../../triggers/trigger.ts';

const text = (title: string, description: string) => Type.String({ title, description });
const number = (title: string, description: string) => Type.Number({ title, description });
const instant = (title: string, description: string) =>
  Type.String({ format: 'date-time', title, description: `${description} ISO 8601 in UTC.` });

/** A text with a closed list of values. TypeBox would write `anyOf` and `const`, which Swagger 2.0 does not have. */
function oneOf<T extends string>(title: string, description: string, ...values: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], title, description });
}

/** The callback body of one trigger. `facts` are the properties of this trigger. Open, because a later version may add some. */
function callback<T extends Trigger, P extends TProperties>(trigger: T, facts: P) {
  return Type.Object({
    eventId: text('Event ID', 'Identifies the event. Every flow that is called for the event gets the same ID.'),
    deliveryId: text(
      'Delivery ID',
      'Identifies what this flow was sent, the same at every attempt: two alike are one.',
    ),
    subscriptionId: text('Subscription ID', 'The subscription for which the flow is called.'),
    trigger: oneOf('Trigger', 'The trigger that fired.', trigger),
    instanceId: text('Instance ID', 'The Customer Insights instance where it happened.'),
    occurredAt: instant('Occurred At', 'When it happened in Customer Insights.'),
    test: Type.Optional(
      Type.Unsafe<true>({
        type: 'boolean',
        enum: [true],
        title: 'Test',
        description: 'Present and true when this is a test event.',
      }),
    ),
    ...facts,
  });
}

const crossing = {
  displayName: text('Display Name', 'The name as Customer Insights shows it.'),
  threshold: number('Threshold', 'The threshold that this flow waited for.'),
  previousValue: number('Previous Value', 'The value before, which was not above the threshold.'),
  value: number('Value', 'The value that is above the threshold.'),
  evaluatedAt: instant('Evaluated At', 'When Customer Insights computed the value.'),
};

const originalStatus = Type.Optional(
  text('Original Status', 'The word of Customer Insights for it, when it is another one: completedWithWarnings.'),
);

function dataSource<S extends RefreshStatus, P extends TProperties>(statuses: readonly S[], more: P) {
  return {
    dataSourceId: text('Data Source ID', 'The data source that was refreshed.'),
    dataSourceName: text('Data Source Name', 'The name of the data source as Customer Insights shows it.'),
    refreshStatus: oneOf('Refresh Status', 'How the refresh ended.', ...statuses),
    originalStatus,
    endedAt: instant('Ended At', 'When the refresh ended.'),
    jobId: Type.Optional(text('Job ID', 'The job that refreshed the data source, when it is known.')),
    ...more,
  };
}

const failedTask = Type.Object(
  {
    operationType: text('Operation Type', 'What kind of task it was: ingestion, merge, segmentation.'),
    name: text('Name', 'What the task worked on: the name of a data source, a segment, a measure.'),
    message: Type.Optional(text('Message', 'What Customer Insights says went wrong, when it says so.')),
  },
  { title: 'Failed Task', description: 'One task that failed or timed out.' },
);

const status = oneOf<RefreshStatus>('Status', 'How the run ended.', 'successful', 'failed', 'timedOut');
const endedAt = instant('Ended At', 'When the run ended.');
const submissionKinds: readonly UnificationRefreshCompleted['submissionKind'][] = ['scheduled', 'onDemand'];

/**
 * The body that a flow receives, for each trigger: what `callbackBody` makes of an event. The connector definition shows it to
 * the flow's maker, and the platform refuses a body that does not fit (`TriggerInputSchemaMismatch`).
 */
export const callbackSchemas = {
  'data-source-refresh-failed': callback(
    'data-source-refresh-failed',
    dataSource(['failed', 'timedOut'], {
      errorMessage: Type.Optional(text('Error Message', 'What Customer Insights says went wrong, when it says so.')),
    }),
  ),
  'data-source-refresh-succeeded': callback('data-source-refresh-succeeded', dataSource(['successful'], {})),
  'segment-threshold-crossed': callback('segment-threshold-crossed', {
    segmentName: text('Segment Name', 'The unique name of the segment.'),
    ...crossing,
  }),
  'measure-threshold-crossed': callback('measure-threshold-crossed', {
    measureName: text('Measure Name', 'The unique name of the measure.'),
    ...crossing,
  }),
  'full-refresh-completed': callback('full-refresh-completed', {
    jobId: text('Job ID', 'The job that refreshed the instance.'),
    status,
    originalStatus,
    // Absent of what was found before there was a choice of who started it.
    submissionKind: Type.Optional(
      oneOf('Submission Kind', 'Whether a schedule or a person started it.', ...submissionKinds),
    ),
    submittedAt: instant('Submitted At', 'When the refresh was started.'),
    endedAt,
    failedTaskCount: Type.Optional(
      Type.Integer({
        minimum: 0,
        title: 'Failed Task Count',
        description: 'How many tasks of the refresh failed or timed out, when it is known.',
      }),
    ),
    failedTasks: Type.Optional(
      Type.Array(failedTask, {
        maxItems: 10,
        title: 'Failed Tasks',
        description: 'The tasks that failed or timed out, ten at most.',
      }),
    ),
  }),
  'unification-refresh-completed': callback('unification-refresh-completed', {
    jobId: Type.Optional(text('Job ID', 'The job that ran the unification, when it is known.')),
    status,
    originalStatus,
    submissionKind: oneOf('Submission Kind', 'Whether a schedule or a person started it.', ...submissionKinds),
    endedAt,
  }),
} as const satisfies Record<Trigger, TObject>;

/** What belongs to one subscription and is no part of an event; and events of tests are in no list. */
const ownOfCallback: ReadonlySet<string> = new Set(['deliveryId', 'subscriptionId', 'threshold', 'test']);

/** The properties of an event of any trigger, as the list of recent events answers them: all that not every trigger has are optional. */
export function eventProperties(): { readonly properties: Record<string, TSchema>; readonly required: string[] } {
  const schemas: readonly TObject[] = Object.values(callbackSchemas);
  const properties: Record<string, TSchema> = {};
  for (const schema of schemas) {
    for (const [name, property] of Object.entries(schema.properties)) {
      if (!ownOfCallback.has(name)) properties[name] = merged(properties[name], property);
    }
  }
  const required = Object.keys(properties).filter((name) => schemas.every((schema) => schema.required?.includes(name)));
  return { properties, required };
}

/** Two properties of one name differ in the values they can have, if in anything. */
function merged(one: TSchema | undefined, other: TSchema): TSchema {
  const values = [one, other].flatMap((schema) => (schema?.['enum'] as readonly unknown[] | undefined) ?? []);
  return values.length === 0 ? other : { ...other, enum: [...new Set(values)] };
}
