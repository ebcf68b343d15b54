import { contosoInstanceId, crmDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { answered } from '../helpers/memory-backend.ts';
import type { Stage } from './stage.ts';

const MINUTE = 60_000;
/** How far back the first thing happens. */
export const OPERATOR_STORY_MS = 40 * MINUTE;
export const ENGINE_ID = '00000000000000000000000000000f10';
export const FLOW_NAME = '7c1f0b2e-5a44-4d6e-9a01-0000000000aa';
export const ENVIRONMENT = 'Default-5d2c7f0a-91b4-4f0e-8c8e-000000000001';

/** The ids of the subscriptions of the story. */
export type OperatorStory = Readonly<Record<'fine' | 'broken' | 'refused' | 'off' | 'crm', string>>;

/**
 * Half an hour in which one flow works, one fails, one refuses, one is off, and a refresh fails.
 */
export async function playOperatorStory({ past, sandbox, flows }: Stage): Promise<OperatorStory> {
  const instanceId = contosoInstanceId;
  const { control } = sandbox;
  const subscribe = async (name: string, input: object, label: string, ids = {}): Promise<string> => {
    const trigger = 'dataSourceId' in input ? 'data-source-refresh-failed' : 'segment-threshold-crossed';
    const body = { ...input, instanceId, callbackUrl: flows.urlOf(name), label };
    const { id } = await past.subscribe(trigger, body, { connection: 'key-Zk3vQ8mP1xT7', ...ids });
    return id;
  };
  const churn = { segmentName: 'ChurnRisk' };
  const named = {
    workflowId: ENGINE_ID,
    workflowName: FLOW_NAME,
    operationName: 'When',
    environmentId: ENVIRONMENT,
  };
  const story = {
    fine: await subscribe('fine', { ...churn, threshold: 130 }, 'Churn alarm', named),
    broken: await subscribe('broken', { ...churn, threshold: 131 }, 'Broken flow'),
    refused: await subscribe('refused', { ...churn, threshold: 132 }, 'Refusing flow'),
    off: await subscribe('off', { ...churn, threshold: 133 }, 'Sleeping flow'),
    crm: await subscribe('crm', { dataSourceId: crmDataSourceId }, 'Alert the data team'),
  };
  past.answers.set(flows.urlOf('broken'), () => answered(503));
  past.answers.set(flows.urlOf('refused'), () => ({
    ...answered(400),
    excerpt: { headers: { 'content-type': 'application/json' }, body: '{"error":"The table is full."}' },
  }));
  past.answers.set(flows.urlOf('off'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  const poll = async (): Promise<void> => {
    await past.pass(MINUTE);
    await past.backend.pollInstance({ v: 1, instanceId });
    await past.drain();
  };
  control.setMemberCount({ instanceId, segmentName: 'ChurnRisk', memberCount: 100 });
  await poll();
  control.setMemberCount({ instanceId, segmentName: 'ChurnRisk', memberCount: 160 });
  control.refreshDataSource({
    instanceId,
    dataSourceId: crmDataSourceId,
    end: 'failed',
    error: 'The password expired.',
  });
  await poll();
  await past.pass(OPERATOR_STORY_MS - 4 * MINUTE);
  return story;
}
