import { inputLabels, type InputName } from '../../shared/input-labels.ts';
import { triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import { dropDown } from './drop-down.ts';
import type { PlainParameter } from './swagger-document.ts';

type Rest = Omit<PlainParameter, 'name' | 'in' | 'required' | 'type' | 'description' | 'x-ms-summary'>;

/**
 * A path parameter. Texts that may contain a slash are encoded twice, because the functions host
 * decodes once and leaves `%2F`.
 */
export function inPath(name: InputName, description: string, rest: Rest = {}): PlainParameter {
  const encoding = { 'x-ms-url-encoding': 'single', ...rest } as const;
  const summary = inputLabels[name];
  return { name, in: 'path', required: true, type: 'string', 'x-ms-summary': summary, description, ...encoding };
}

export function inQuery(
  name: InputName,
  description: string,
  rest: Rest & { readonly required?: boolean; readonly type?: string } = {},
): PlainParameter {
  const summary = inputLabels[name];
  return { name, in: 'query', required: false, type: 'string', 'x-ms-summary': summary, description, ...rest };
}

const instanceChoices = { ...dropDown({ operationId: 'ListInstances' }), 'x-ms-visibility': 'important' } as const;

export const instanceInPath = inPath('instanceId', 'The Customer Insights instance.', instanceChoices);

export const instanceInQuery = inQuery('instanceId', 'The Customer Insights instance.', {
  ...instanceChoices,
  required: true,
});

export const entityInPath = inPath('entity', 'The entity of the instance, such as Customer.', {
  ...dropDown({ operationId: 'GetEntities', references: { instanceId: 'instanceId' }, titlePath: 'name' }),
  'x-ms-url-encoding': 'double',
  'x-ms-visibility': 'important',
});

export const triggerInPath = inPath('trigger', 'The trigger that the flow waits for.', {
  enum: triggerNames,
  'x-ms-enum-values': triggerNames.map((value: Trigger) => ({ value, displayName: triggers[value].texts.summary })),
  'x-ms-visibility': 'important',
});

export const subscriptionInPath = inPath('id', 'The subscription, one of those of this connection.', {
  ...dropDown({ operationId: 'ListSubscriptions', references: { trigger: 'trigger' } }),
  'x-ms-visibility': 'important',
});

export const subscriptionOrLabelInPath: PlainParameter = {
  ...subscriptionInPath,
  description:
    'The subscription, one of those of this connection; or the label that its flow gave it, as a custom value.',
  // A label may contain a slash.
  'x-ms-url-encoding': 'double',
};

export const pageSize = inQuery('top', 'The largest number of entries on a page, 50 when left out.', {
  type: 'integer',
  minimum: 1,
  maximum: 100,
  'x-ms-visibility': 'advanced',
});

/**
 * Headers in which the platform identifies the flow. They are declared so that they are part of the
 * connector's contract. They are optional, because the platform may omit them.
 */
export const workflowHeaders: readonly PlainParameter[] = (
  [
    ['x-ms-workflow-id', 'Workflow ID', 'The flow that subscribes.'],
    ['x-ms-workflow-name', 'Workflow Name', 'The flow that subscribes, as its address names it.'],
    ['x-ms-workflow-operation-name', 'Workflow Operation Name', 'The name of the trigger within the flow.'],
    ['x-ms-environment-id', 'Environment ID', 'The environment of the flow.'],
    ['x-ms-client-environment-id', 'Client Environment ID', 'The environment of the flow, from the client.'],
  ] as const
).map(([name, summary, description]) => ({
  name,
  in: 'header',
  required: false,
  type: 'string',
  'x-ms-summary': summary,
  description,
  'x-ms-visibility': 'internal',
}));
