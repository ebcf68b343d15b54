import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import type {
  CustomerInsights,
  DataSource,
  Instance,
  Job,
  Measure,
  Node,
  Segment,
  Task,
} from '../../shared/insights/customer-insights.ts';

/** What the instance of the contract holds; histories whole. */
export interface HeldData {
  readonly instance: Instance;
  readonly dataSources: DataSource[];
  readonly segments: Segment[];
  readonly measures: Measure[];
  readonly jobs: Job[];
  /** Tasks of jobs the service no longer lists. */
  readonly tasks: Task[];
  readonly nodes: Node[];
}

export interface OpenInsights {
  readonly insights: CustomerInsights;
  readonly close: () => Promise<void>;
}

export const nowMs = Date.parse('2026-11-23T10:00:00.000Z');

const task = (taskId: string, jobIds: string[], submittedAt: string): Task => ({
  taskId,
  status: 'successful',
  operationType: 'ingestion',
  jobIds,
  friendlyName: 'CRM',
  submittedAt,
  endedAt: '2026-11-23T09:30:00.000Z',
  error: undefined,
});

const job = (jobId: string, submittedAt: string, tasks: Task[]): Job => ({
  jobId,
  submissionKind: 'scheduled',
  status: 'failed',
  operationType: 'all',
  submittedAt,
  endedAt: '2026-11-23T09:45:00.000Z',
  idList: ['d1'],
  tasks,
});

const shared = task('t2', ['j1', 'j2'], '2026-11-23T08:30:00.000Z');

const contoso: HeldData = {
  instance: { instanceId: 'i1', name: 'Contoso', instanceType: 'production' },
  dataSources: [
    {
      dataSourceId: 'd1',
      name: 'crm',
      displayName: 'CRM',
      active: true,
      refreshState: 'updated',
      lastRefreshAt: '2026-11-23T09:00:00.000Z',
    },
    {
      dataSourceId: 'd2',
      name: 'web',
      displayName: 'Web shop',
      active: false,
      refreshState: undefined,
      lastRefreshAt: undefined,
    },
  ],
  segments: [
    {
      name: 'VIP',
      displayName: 'Very important',
      state: 'active',
      latest: {
        status: 'completedsuccess',
        evaluatedAt: '2026-11-23T09:00:00.000Z',
        memberCount: 12,
        error: undefined,
      },
      history: [
        { status: 'completedsuccess', evaluatedAt: '2026-11-23T09:00:00.000Z', memberCount: 12, error: undefined },
        { status: 'completedfailure', evaluatedAt: '2026-11-22T09:00:00.000Z', memberCount: undefined, error: 'Full.' },
        { status: 'completedsuccess', evaluatedAt: '2026-11-20T09:00:00.000Z', memberCount: 0, error: undefined },
      ],
    },
    { name: 'New', displayName: 'New', state: 'inactive', latest: undefined, history: [] },
  ],
  measures: [
    {
      name: 'Revenue',
      displayName: 'Total revenue',
      withoutDimension: true,
      latestState: 'failed',
      latestError: 'Full.',
      output: { evaluatedAt: '2026-11-23T09:00:00.000Z', value: 1234.5 },
      outputHistory: [
        { evaluatedAt: '2026-11-20T09:00:00.000Z', value: -1 },
        { evaluatedAt: '2026-11-22T09:00:00.000Z', value: undefined },
        { evaluatedAt: '2026-11-23T09:00:00.000Z', value: 1234.5 },
      ],
      failures: [
        { evaluatedAt: '2026-11-20T10:00:00.000Z', error: 'Down.' },
        { evaluatedAt: '2026-11-23T09:30:00.000Z', error: 'Full.' },
      ],
    },
    {
      name: 'ByCity',
      displayName: 'By city',
      withoutDimension: false,
      latestState: undefined,
      latestError: undefined,
      output: undefined,
      outputHistory: [],
      failures: [],
    },
  ],
  jobs: [
    job('j1', '2026-11-23T08:00:00.000Z', [task('t1', ['j1'], '2026-11-23T08:10:00.000Z'), shared]),
    job('j2', '2026-11-23T09:00:00.000Z', [shared, task('t3', ['j2'], '2026-11-23T09:10:00.000Z')]),
  ],
  tasks: [task('t0', ['j0'], '2026-11-22T08:00:00.000Z')],
  nodes: [
    {
      operationType: 'ingestion',
      identifier: 'd1',
      friendlyName: 'CRM',
      jobIds: ['j1'],
      status: 'failed',
      endedAt: '2026-11-23T09:30:00.000Z',
    },
    {
      operationType: 'merge',
      identifier: undefined,
      friendlyName: undefined,
      jobIds: [],
      status: 'running',
      endedAt: undefined,
    },
  ],
};

const [vip, inactive] = contoso.segments as [Segment, Segment];
const [revenue, byCity] = contoso.measures as [Measure, Measure];
const [older, newer] = contoso.jobs as [Job, Job];

/**
 * What every implementation of the port reads from an instance that holds `contoso`, at `nowMs`.
 */
export function customerInsightsContract(name: string, open: (held: HeldData) => Promise<OpenInsights>): void {
  describe(name, () => {
    let insights: CustomerInsights;
    let close: () => Promise<void>;
    beforeEach(async () => {
      ({ insights, close } = await open(structuredClone(contoso)));
    });
    afterEach(() => close());

    test('lists the instances, and finds one', async () => {
      expect(await insights.instances()).toEqual([contoso.instance]);
      expect(await insights.instance('i1')).toEqual(contoso.instance);
    });

    test('lists data sources and nodes', async () => {
      expect(await insights.dataSources('i1')).toEqual(contoso.dataSources);
      expect(await insights.nodes('i1')).toEqual(contoso.nodes);
    });

    test('lists segments without their history', async () => {
      expect(await insights.segments('i1')).toEqual([{ ...vip, history: [] }, inactive]);
    });

    test('lists segments with the history of the days asked for', async () => {
      const histories = async (historyDays: number) =>
        (await insights.segments('i1', { historyDays })).map(({ history }) => history);
      expect(await histories(2)).toEqual([vip.history.slice(0, 2), []]);
      expect(await histories(30)).toEqual([vip.history, []]);
    });

    test('lists measures without their history', async () => {
      expect(await insights.measures('i1')).toEqual([{ ...revenue, outputHistory: [], failures: [] }, byCity]);
    });

    test('finds one measure with the history of the days asked for', async () => {
      expect(await insights.measure('i1', 'Revenue', { historyDays: 2 })).toEqual({
        ...revenue,
        outputHistory: revenue.outputHistory.slice(1),
        failures: revenue.failures.slice(1),
      });
      expect(await insights.measure('i1', 'ByCity', { historyDays: 2 })).toEqual(byCity);
    });

    test('lists the most recent jobs with their tasks', async () => {
      expect(await insights.jobs('i1', { top: 10 })).toEqual([newer, older]);
      expect(await insights.jobs('i1', { top: 1 })).toEqual([newer]);
    });

    test('finds one job with its tasks', async () => {
      expect(await insights.job('i1', 'j1')).toEqual(older);
    });

    test('lists the most recent tasks, each once whoever owns it', async () => {
      const ids = async (top: number) => (await insights.tasks('i1', { top })).map(({ taskId }) => taskId);
      expect(await ids(10)).toEqual(['t3', 't2', 't1', 't0']);
      expect(await ids(2)).toEqual(['t3', 't2']);
      expect((await insights.tasks('i1', { top: 2 }))[1]).toEqual(shared);
    });

    test('finds nothing of an unknown instance, measure or job', async () => {
      expect(await insights.instance('i2')).toBeUndefined();
      expect(await insights.measure('i1', 'Profit', { historyDays: 1 })).toBeUndefined();
      expect(await insights.measure('i2', 'Revenue', { historyDays: 1 })).toBeUndefined();
      expect(await insights.job('i1', 'j0')).toBeUndefined();
    });

    test('fails to list anything of an unknown instance', async () => {
      const lists = [
        insights.dataSources('i2'),
        insights.segments('i2'),
        insights.measures('i2'),
        insights.jobs('i2', { top: 1 }),
        insights.tasks('i2', { top: 1 }),
        insights.nodes('i2'),
      ];
      for (const list of await Promise.allSettled(lists)) {
        expect(list).toMatchObject({
          status: 'rejected',
          reason: { name: 'CustomerInsightsError', kind: 'not-found', status: 404 },
        });
      }
    });
  });
}
