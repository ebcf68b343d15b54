import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource, Job } from '../../shared/insights/customer-insights.ts';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const CRM = 'aaaaaaaa-0000-0000-0000-000000000001';
const MINUTE = 60_000;
let fixture: MemoryBackend;
beforeEach(() => {
  fixture = memoryBackend();
  fixture.data.dataSources = [source(CRM)];
});

function source(dataSourceId: string, active = true): DataSource {
  return { dataSourceId, name: 'crm', displayName: 'CRM', active, refreshState: 'updated', lastRefreshAt: undefined };
}

const subscribe = (trigger: Trigger, more = {}): Promise<SubscriptionView> =>
  fixture.subscribe(trigger, { callbackUrl: callbackUrl('flow'), ...more });
const toCrm = (): Promise<SubscriptionView> => subscribe('data-source-refresh-succeeded', { dataSourceId: CRM });

/** The calls to Customer Insights that an action makes. */
async function callsOf(action: () => Promise<unknown>): Promise<string[]> {
  fixture.insights.calls.length = 0;
  await action();
  return fixture.insights.calls.map(({ method }) => method).sort();
}

describe('a subscribe to refreshes', () => {
  test('reads the jobs for a baseline once; later ones read what is new, and never the task history', async () => {
    const first = await callsOf(() => subscribe('unification-refresh-completed'));
    expect(first).toEqual(['dataSources', 'instance', 'jobs', 'nodes']);
    for (const waitedMs of [0, 60 * MINUTE]) {
      await fixture.clock.advance(waitedMs);
      const later = await callsOf(() =>
        subscribe('full-refresh-completed', { callbackUrl: callbackUrl(`${waitedMs}`) }),
      );
      expect(later).toEqual(['instance', 'jobs']);
    }
    const named = await callsOf(toCrm);
    expect(named).toEqual(['dataSources', 'jobs']);
  });

  test('knows a data source whose id is listed in capitals, and is called for it', async () => {
    fixture.data.dataSources = [source(CRM.toUpperCase())];
    await toCrm();
    fixture.data.jobs = [job({ idList: [CRM.toUpperCase()], tasks: [task({ endedAt: at(3) })] })];
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test('follows a job that is open at the baseline, behind 79 others', async () => {
    const newer = Array.from({ length: 79 }, () => job({ operationType: 'segmentation', submittedAt: at(5) }));
    const slow: Job = job({ jobId: 'slow', operationType: 'all', status: 'running', endedAt: undefined });
    fixture.data.jobs = [...newer, slow];
    await subscribe('full-refresh-completed', { startedBy: 'any' });
    // It ended long before the newest ones as far as its instants say, so nothing but its id finds
    // it.
    fixture.data.jobs = [...newer, { ...slow, status: 'successful', endedAt: at(-200) }];
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['jobId'])).toEqual(['slow']);
  });
});

describe('a subscribe warns', () => {
  test.each([
    [false, [expect.stringContaining('inactive')]],
    [true, []],
  ])('of a data source that is inactive (active: %s)', async (active, warnings) => {
    fixture.data.dataSources = [source(CRM, active)];
    expect((await toCrm()).warnings ?? []).toEqual(warnings);
  });

  test.each([
    ['full-refresh-completed', { startedBy: 'schedule' }, 'sandbox', [expect.stringContaining('has no scheduled')]],
    ['full-refresh-completed', { startedBy: 'any' }, 'sandbox', [expect.stringContaining('only after refreshes')]],
    ['full-refresh-completed', { startedBy: 'user' }, 'sandbox', []],
    ['unification-refresh-completed', {}, 'sandbox', []],
    ['full-refresh-completed', { startedBy: 'schedule' }, 'production', []],
  ] as const)(
    'of a schedule that there is not: %s %j in a %s instance',
    async (trigger, input, instanceType, warnings) => {
      fixture.data.instance = { instanceId: INSTANCE, name: 'Contoso', instanceType };
      expect((await subscribe(trigger, input)).warnings ?? []).toEqual(warnings);
    },
  );
});
