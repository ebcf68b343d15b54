import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  contosoInstanceId as instanceId,
  crmDataSourceId,
} from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import type {
  DataSourceMetadata,
  MeasureMetadata,
  SegmentMetadata,
} from '../../../sandbox/customer-insights/state/documented-shapes.ts';
import { dayMs, minuteMs, openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

let sandbox: OpenSandbox;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.stop());

async function segment(name: string, options = ''): Promise<SegmentMetadata | undefined> {
  const { body } = await sandbox.get(`/manage/segments${options}`);
  return (body as SegmentMetadata[]).find((candidate) => candidate.name === name);
}

async function measure(name: string, options = ''): Promise<MeasureMetadata> {
  return (await sandbox.get(`/manage/measures/${name}${options}`)).body as MeasureMetadata;
}

const segmentName = 'ChurnRisk';
const measureName = 'TotalRevenue';

describe('segments', () => {
  test('a new member count is a successful evaluation of now', async () => {
    const before = await segment(segmentName);
    sandbox.control.setMemberCount({ instanceId, segmentName, memberCount: 130 });
    const after = await segment(segmentName);
    expect(after?.evaluationStatus).toMatchObject({
      jobStatus: 'CompletedSuccess',
      entityCount: 130,
      evaluationDate: '2026-11-23T10:00:00.000Z',
    });
    expect(after?.evaluationStatus.lastSuccessfulRunId).not.toBe(before?.evaluationStatus.lastSuccessfulRunId);
  });

  test('evaluations in one instant of the clock still have rising dates', async () => {
    const evaluations = [1, 2, 3].map((memberCount) => ({ kind: 'succeeded' as const, memberCount }));
    sandbox.control.evaluateSegment({ instanceId, segmentName, evaluations });
    const history = (await segment(segmentName, '?includeHistoricStats=true'))?.evaluationStatusHistory;
    expect(history?.slice(-3)).toMatchObject([
      { entityCount: 1, evaluationDate: '2026-11-23T10:00:00.000Z' },
      { entityCount: 2, evaluationDate: '2026-11-23T10:00:00.001Z' },
      { entityCount: 3, evaluationDate: '2026-11-23T10:00:00.002Z' },
    ]);
  });

  test('a clock that goes back does not take the dates with it', async () => {
    sandbox.control.setMemberCount({ instanceId, segmentName, memberCount: 1 });
    sandbox.clock.advance(-dayMs);
    sandbox.control.setMemberCount({ instanceId, segmentName, memberCount: 2 });
    expect((await segment(segmentName))?.evaluationStatus.evaluationDate).toBe('2026-11-23T10:00:00.001Z');
  });

  test('failed, cancelled and running evaluations keep the count and the last successful run', async () => {
    const before = await segment(segmentName);
    for (const [kind, jobStatus] of [
      ['failed', 'CompletedFailure'],
      ['cancelled', 'Cancelled'],
      ['running', 'Running'],
    ] as const) {
      sandbox.clock.advance(minuteMs);
      sandbox.control.evaluateSegment({ instanceId, segmentName, evaluations: [{ kind }] });
      const { evaluationStatus } = (await segment(segmentName)) ?? {};
      expect(evaluationStatus).toMatchObject({
        jobStatus,
        entityCount: 118,
        lastSuccessfulRunId: before?.evaluationStatus.lastSuccessfulRunId,
      });
    }
    const history = (await segment(segmentName, '?includeHistoricStats=true'))?.evaluationStatusHistory;
    expect(history?.map(({ jobStatus }) => jobStatus).slice(-2)).toEqual(['CompletedFailure', 'Cancelled']);
  });

  test('a failed evaluation may name a count and a reason, and leaves the members as they were', async () => {
    const evaluations = [{ kind: 'failed' as const, memberCount: 0, error: 'Out of memory' }];
    sandbox.control.evaluateSegment({ instanceId, segmentName, evaluations });
    expect((await segment(segmentName))?.evaluationStatus).toMatchObject({
      entityCount: 0,
      error: { value: 'Out of memory', key: 'segmentEvaluationOrchestrationFailed' },
    });
    expect(((await sandbox.get(`/data/${segmentName}?$top=1000`)).body as { value: unknown[] }).value).toHaveLength(
      118,
    );
  });

  test('history goes back 10 days unless historicStatsDays says otherwise, and comes only when asked for', async () => {
    const historyLength = async (options: string): Promise<number | undefined> =>
      (await segment(segmentName, options))?.evaluationStatusHistory.length;
    expect(await segment(segmentName)).not.toHaveProperty('evaluationStatusHistory');
    expect(await historyLength('?includeHistoricStats=True')).toBe(3);
    expect(await historyLength('?includeHistoricStats=true&historicStatsDays=2')).toBe(2);
    sandbox.clock.advance(8 * dayMs);
    expect(await historyLength('?includeHistoricStats=true')).toBe(2);
    expect(await historyLength('?includeHistoricStats=true&historicStatsDays=30')).toBe(3);
  });

  test('numberOfSegments limits the list', async () => {
    expect((await sandbox.get('/manage/segments?numberOfSegments=2')).body).toHaveLength(2);
    expect((await sandbox.get('/manage/segments')).body).toHaveLength(4);
  });

  test('an inactive segment keeps its last members and is not evaluated', async () => {
    const inactive = { instanceId, segmentName: 'LapsedCustomers' };
    expect((await segment('LapsedCustomers'))?.state).toBe('inactive');
    expect(() => sandbox.control.setMemberCount({ ...inactive, memberCount: 1 })).toThrow('is inactive');
    sandbox.control.changeSegment({ ...inactive, active: true });
    sandbox.control.setMemberCount({ ...inactive, memberCount: 1 });
    expect(await segment('LapsedCustomers')).toMatchObject({ state: 'active', evaluationStatus: { entityCount: 1 } });
  });

  test('segments are added, renamed and removed', async () => {
    sandbox.control.addSegment({ instanceId, name: 'New', displayName: 'Brand new', memberCount: 7 });
    sandbox.control.addSegment({ instanceId, name: 'Draft' });
    expect(await segment('New')).toMatchObject({ friendlyName: 'Brand new', evaluationStatus: { entityCount: 7 } });
    expect((await segment('Draft'))?.evaluationStatus).toEqual({ jobStatus: 'None' });
    sandbox.control.changeSegment({ instanceId, segmentName: 'New', name: 'Newer', displayName: 'Newer still' });
    expect(await segment('New')).toBeUndefined();
    expect(await segment('Newer')).toMatchObject({ friendlyName: 'Newer still', evaluationStatus: { entityCount: 7 } });
    sandbox.control.removeSegment({ instanceId, segmentName: 'Newer' });
    expect(await segment('Newer')).toBeUndefined();
    expect(() => sandbox.control.addSegment({ instanceId, name: 'Draft' })).toThrow('already');
    expect(() => sandbox.control.changeSegment({ instanceId, segmentName: 'Draft', name: segmentName })).toThrow(
      'already',
    );
  });
});

describe('measures', () => {
  test('a new value is a completed evaluation of now, kept as a string', async () => {
    sandbox.control.setMeasureValue({ instanceId, measureName, value: 1_300_000.5 });
    expect(await measure(measureName)).toMatchObject({
      latestEvaluation: { state: 'completed' },
      output: { values: { TotalRevenue: '1300000.5' }, measureName, evaluationTime: '2026-11-23T10:00:00.000Z' },
    });
  });

  test('a value may be a string that is no number', async () => {
    sandbox.control.setMeasureValue({ instanceId, measureName, value: '1,234' });
    expect((await measure(measureName)).output?.values).toEqual({ TotalRevenue: '1,234' });
  });

  test('evaluations in one instant of the clock still have rising times', async () => {
    const evaluations = [1, 2, 3].map((value) => ({ kind: 'succeeded' as const, value }));
    sandbox.control.evaluateMeasure({ instanceId, measureName, evaluations });
    const { outputHistory, evaluationHistory } = await measure(measureName, '?includeHistoricStats=true');
    const times = outputHistory.map(({ evaluationTime }) => evaluationTime);
    expect(times).toHaveLength(6);
    expect(new Set(times).size).toBe(6);
    expect(times).toEqual([...times].sort());
    expect(evaluationHistory.map(({ endTime }) => endTime)).toHaveLength(6);
  });

  test('a failed evaluation keeps the output and counts the failures until the next success', async () => {
    const failed = { kind: 'failed', error: 'Out of memory' } as const;
    sandbox.control.evaluateMeasure({ instanceId, measureName, evaluations: [failed, failed] });
    expect(await measure(measureName)).toMatchObject({
      latestEvaluation: { state: 'failed', error: 'Out of memory' },
      output: { values: { TotalRevenue: '1250340.75' } },
      evaluationStats: { consecutiveFailureCount: 2 },
    });
    sandbox.control.setMeasureValue({ instanceId, measureName, value: 1 });
    expect((await measure(measureName)).evaluationStats.consecutiveFailureCount).toBe(0);
  });

  test('a running evaluation has no end, and a cancelled one leaves the state before it', async () => {
    const { latestEvaluation } = await measure(measureName);
    sandbox.control.evaluateMeasure({ instanceId, measureName, evaluations: [{ kind: 'running' }] });
    expect((await measure(measureName)).latestEvaluation).not.toHaveProperty('endTime');
    expect((await measure(measureName)).latestEvaluation.state).toBe('running');
    sandbox.control.evaluateMeasure({ instanceId, measureName, evaluations: [{ kind: 'cancelled' }] });
    expect((await measure(measureName)).latestEvaluation).toEqual(latestEvaluation);
  });

  test('history comes with one measure when asked for, never with the list', async () => {
    expect(await measure(measureName)).not.toHaveProperty('outputHistory');
    const { body } = await sandbox.get('/manage/measures?includeHistoricStats=true');
    expect((body as MeasureMetadata[]).filter((listed) => 'outputHistory' in listed)).toEqual([]);
    const recent = await measure(measureName, '?includeHistoricStats=true&historicStatsDays=2');
    expect(recent.outputHistory.map(({ values }) => values['TotalRevenue'])).toEqual(['1249876.55', '1250340.75']);
  });

  test('names of any characters are found when they are encoded', async () => {
    sandbox.control.addMeasure({ instanceId, name: 'Größe / Jahr, 100 %', value: 1 });
    expect(await measure(encodeURIComponent('Größe / Jahr, 100 %'))).toMatchObject({ name: 'Größe / Jahr, 100 %' });
    const path = `/instances/${instanceId}/measures/${encodeURIComponent('Größe / Jahr, 100 %')}`;
    expect((await fetch(sandbox.controlUrl + path, { method: 'DELETE' })).status).toBe(204);
  });

  test('only a measure without dimension has a value', async () => {
    expect((await measure('RevenueByCountry')).definition).toMatchObject({
      isScalar: false,
      isProfile: false,
      dimensions: [{ alias: 'Country' }],
    });
    expect((await measure('CustomerLifetimeValue')).definition).toMatchObject({ isScalar: false, isProfile: true });
    expect((await measure('ActiveCustomers')).definition).toMatchObject({ isScalar: true, dimensions: [] });
    expect(await measure('RevenueByCountry')).not.toHaveProperty('output');
    const withDimension = { instanceId, measureName: 'RevenueByCountry' };
    expect(() => sandbox.control.setMeasureValue({ ...withDimension, value: 1 })).toThrow('no single value');
    sandbox.control.evaluateMeasure({ ...withDimension, evaluations: [{ kind: 'succeeded' }] });
  });

  test('measures are added, renamed, deactivated and removed', async () => {
    sandbox.control.addMeasure({ instanceId, name: 'New', value: 5 });
    sandbox.control.addMeasure({ instanceId, name: 'PerCountry', form: 'byDimension' });
    sandbox.control.changeMeasure({ instanceId, measureName: 'New', name: 'Newer', displayName: 'Newer still' });
    expect((await sandbox.get('/manage/measures/New')).status).toBe(404);
    sandbox.control.setMeasureValue({ instanceId, measureName: 'Newer', value: 6 });
    expect(await measure('Newer')).toMatchObject({ displayName: 'Newer still', output: { values: { New: '6' } } });
    sandbox.control.changeMeasure({ instanceId, measureName: 'Newer', active: false });
    expect(() => sandbox.control.setMeasureValue({ instanceId, measureName: 'Newer', value: 7 })).toThrow('inactive');
    sandbox.control.changeMeasure({ instanceId, measureName: 'Newer', name: 'Newest' });
    expect(() => sandbox.control.setMeasureValue({ instanceId, measureName: 'Newest', value: 7 })).toThrow('inactive');
    sandbox.control.removeMeasure({ instanceId, measureName: 'Newest' });
    expect((await sandbox.get('/manage/measures/Newest')).status).toBe(404);
    expect(() => sandbox.control.addMeasure({ instanceId, name: measureName })).toThrow('already');
  });
});

describe('data sources', () => {
  const listed = async (): Promise<DataSourceMetadata[]> =>
    ((await sandbox.get('/manage/datasources')).body as { dataSourceMetadata: DataSourceMetadata }[]).map(
      ({ dataSourceMetadata }) => dataSourceMetadata,
    );

  test('data sources are added, renamed, deactivated and removed with their tables', async () => {
    const { dataSourceId } = sandbox.control.addDataSource({ instanceId, name: 'Web', displayName: 'Web shop' });
    expect((await listed()).at(-1)).toMatchObject({
      dataSourceId,
      friendlyName: 'Web shop',
      refreshState: 'notUpdated',
    });
    sandbox.control.changeDataSource({ instanceId, dataSourceId, displayName: 'Shop', active: false });
    expect((await listed()).at(-1)).toMatchObject({
      friendlyName: 'Shop',
      isActive: false,
      provisioningState: 'deactivated',
    });
    sandbox.control.removeDataSource({ instanceId, dataSourceId });
    expect(await listed()).toHaveLength(3);
    sandbox.control.removeDataSource({ instanceId, dataSourceId: crmDataSourceId });
    expect((await sandbox.get('/data/ContosoCRM_Contacts')).status).toBe(404);
    expect(() => sandbox.control.addDataSource({ instanceId, name: 'Loyalty' })).toThrow('already');
  });
});
