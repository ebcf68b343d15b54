import { contosoInstanceId, crmDataSourceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { answered } from '../helpers/memory-backend.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { ENCRYPTION_KEY, type Stage } from './stage.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** How long the story is; after it come a few minutes more. */
const STORY_MS = 8 * 24 * HOUR;
/** How far back it begins. */
export const STORY_BEGINS_MS = STORY_MS + 5 * MINUTE;
export const HOSTILE = `<img src=x onerror="document.title='owned'">`;
const environmentId = 'Default-5d2c7f0a-91b4-4f0e-8c8e-000000000001';

/** The flows of the story: what they wait for, and what they answer when they are called. */
export interface StoryDelivery {
  readonly id: string;
  readonly workflowId: string;
}

export type Names = 'vip' | 'churn' | 'bell' | 'winback' | 'loyalty' | 'crm' | 'hostile';

/**
 * Eight days of an instance: values that rise and fall, flows that work, fail, are turned off and
 * are gone.
 */
export async function createStory(stage: Stage): Promise<Record<Names, StoryDelivery>> {
  const { past, sandbox, flows } = stage;
  const { control } = sandbox;
  const instanceId = contosoInstanceId;
  let flowCount = 0;
  const subscribe = async (
    name: Names,
    trigger: Parameters<typeof past.subscribe>[0],
    input: object,
    label?: string,
  ) => {
    flowCount += 1;
    const workflowId = `7c1f0b2e-5a44-4d6e-9a01-${String(flowCount).padStart(12, '0')}`;
    const { id } = await past.subscribe(
      trigger,
      { ...input, instanceId, callbackUrl: flows.urlOf(name), ...(label !== undefined && { label }) },
      { workflowId, operationName: 'When', environmentId, connection: 'key-Zk3vQ8mP1xT7' },
    );
    return { id, workflowId };
  };
  const answer = (name: Names, status: number, code?: string): void => {
    if (status === 202) past.answers.delete(flows.urlOf(name));
    else past.answers.set(flows.urlOf(name), () => answered(status, code));
  };
  const segment = 'segment-threshold-crossed';
  control.addSegment({ instanceId, name: HOSTILE, displayName: HOSTILE, memberCount: 3 });
  const story: Record<Names, StoryDelivery> = {
    vip: await subscribe('vip', segment, { segmentName: 'HighValueCustomers', threshold: 50 }, 'VIP programme'),
    churn: await subscribe('churn', segment, { segmentName: 'ChurnRisk', threshold: 130 }, 'Churn alarm'),
    bell: await subscribe(
      'bell',
      'measure-threshold-crossed',
      { measureName: 'TotalRevenue', threshold: 1_300_000 },
      'Ring the sales bell',
    ),
    winback: await subscribe('winback', segment, { segmentName: 'ChurnRisk', threshold: 125 }, 'Win-back mail'),
    loyalty: await subscribe('loyalty', segment, { segmentName: 'NewsletterReaders', threshold: 180 }, 'Loyalty sync'),
    crm: await subscribe('crm', 'data-source-refresh-failed', { dataSourceId: crmDataSourceId }, 'Alert the data team'),
    hostile: await subscribe('hostile', segment, { segmentName: HOSTILE, threshold: 5 }, HOSTILE),
  };
  await insertSubscriptions(stage.tables, {
    instanceId,
    trigger: segment,
    name: 'NewsletterReaders',
    thresholds: Array.from({ length: 160 }, (_, index) => 176 + index / 4),
    callbackUrl: (index) => flows.urlOf(`reader-${index}`),
    encryptionKey: ENCRYPTION_KEY,
    createdAtMs: past.clock.now(),
  });

  const poll = async (): Promise<void> => {
    await past.backend.pollInstance({ v: 1, instanceId });
    await past.drain();
  };
  const evaluate = (segmentName: string, memberCount: number): void =>
    void control.setMemberCount({ instanceId, segmentName, memberCount });
  answer('loyalty', 503);
  answer('winback', 400);

  const hours = Math.floor(STORY_MS / HOUR);
  for (let hour = 0; hour < hours; hour++) {
    const isBusy = hours - hour <= 24 || hour % 12 === 0;
    await past.pass(HOUR - (isBusy ? 2 : 1) * MINUTE);
    const left = hours - hour;
    if (hour % 4 === 0) {
      const vip = 44 + 9 * Math.sin(hour / 11) + 4 * Math.sin(hour / 3.1);
      if (hour % 44 === 8) {
        control.evaluateSegment({
          instanceId,
          segmentName: 'HighValueCustomers',
          evaluations: [{ kind: 'failed', error: 'The source table was locked.' }],
        });
      } else evaluate('HighValueCustomers', Math.round(vip));
      evaluate('ChurnRisk', Math.round(122 + 14 * Math.sin(hour / 9)));
      control.setMeasureValue({
        instanceId,
        measureName: 'TotalRevenue',
        value: 1_262_000 + hour * 310 + (hour % 8) * 900,
      });
    }
    if (hour % 40 === 10)
      control.refreshDataSource({
        instanceId,
        dataSourceId: crmDataSourceId,
        end: 'failed',
        error: 'The password has expired.',
      });
    if (hour % 40 === 30) control.refreshDataSource({ instanceId, dataSourceId: crmDataSourceId });
    if (isBusy) {
      evaluate('NewsletterReaders', 172);
      await past.pass(MINUTE);
      await poll();
      evaluate('NewsletterReaders', 178 + Math.round(16 + 15 * Math.sin(hour / 2.6)));
    }
    if (left === 30) answer('bell', 400, 'WorkflowTriggerIsNotEnabled');
    if (left === 9) answer('churn', 500);
    await past.pass(MINUTE);
    // Nothing is evaluated in most hours, so there would be nothing to find.
    if (isBusy || hour % 4 === 0 || hour % 40 === 10) await poll();
  }
  control.setMeasureValue({ instanceId, measureName: 'TotalRevenue', value: 1_281_000 });
  await past.pass(MINUTE);
  await poll();
  control.setMeasureValue({ instanceId, measureName: 'TotalRevenue', value: 1_334_000 });
  evaluate(HOSTILE, 9);
  evaluate('ChurnRisk', 110);
  await past.pass(MINUTE);
  await poll();
  evaluate('ChurnRisk', 141);
  await past.pass(MINUTE);
  await poll();
  return story;
}
