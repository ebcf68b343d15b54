import { describe, expect, test } from '@jest/globals';

import type { JsonObject } from '../../shared/insights/json-fields.ts';
import { parseDataSource, parseInstance } from '../../shared/insights/parse-instance.ts';
import { parseMeasure } from '../../shared/insights/parse-measure.ts';
import { parseSegment } from '../../shared/insights/parse-segment.ts';
import { parseJob, parseNode, parseTask } from '../../shared/insights/parse-workflow.ts';

describe('property names and words count in either casing', () => {
  const dataSource = {
    dataSourceId: 'd1',
    name: 'crm-1',
    friendlyName: 'CRM',
    isActive: false,
    refreshState: 'updateFailed',
    lastRefresh: '2026-11-23T09:00:00.1234567Z',
  };
  const job = {
    jobId: 'j1',
    jobType: 'incremental',
    jobSubmissionKind: 'onDemand',
    jobStatus: 'timedOut',
    operationType: 'profileStore',
    submittedTimestamp: '2026-11-23T09:00:00',
    endTimestamp: '2026-11-23T10:00:00',
    idList: ['d1', 'd2'],
    tasks: [{ taskId: 't1', taskStatus: 'needsUpdate', operationType: 'ingestion', jobIds: ['j1', 'j2'] }],
  };
  const node = {
    operationType: 'dataPreparation',
    identifier: 'd1',
    friendlyName: 'CRM',
    jobIds: ['j1'],
    taskStatus: 'needsUpdate',
    endTimestamp: '2026-11-23T10:00:00Z',
  };

  test.each([
    ['a data source', parseDataSource, { dataSourceMetadata: dataSource }],
    ['a data source without envelope', parseDataSource, dataSource],
    ['a job', parseJob, job],
    ['a node', parseNode, node],
  ])('of %s', (_what, read, camel) => {
    const reading = read(camel);
    expect(reading).toBeDefined();
    expect(read(pascalCased(camel) as JsonObject)).toEqual(reading);
  });

  test('and are read as the words of the port', () => {
    expect(parseDataSource({ dataSourceMetadata: dataSource })).toEqual({
      dataSourceId: 'd1',
      name: 'crm-1',
      displayName: 'CRM',
      active: false,
      refreshState: 'updatefailed',
      lastRefreshAt: '2026-11-23T09:00:00.123Z',
    });
    expect(parseJob(job)).toEqual({
      jobId: 'j1',
      submissionKind: 'ondemand',
      status: 'timedout',
      operationType: 'profilestore',
      submittedAt: '2026-11-23T09:00:00.000Z',
      endedAt: '2026-11-23T10:00:00.000Z',
      idList: ['d1', 'd2'],
      tasks: [
        {
          taskId: 't1',
          status: 'needsupdate',
          operationType: 'ingestion',
          jobIds: ['j1', 'j2'],
          friendlyName: undefined,
          submittedAt: undefined,
          endedAt: undefined,
          error: undefined,
        },
      ],
    });
    expect(parseNode(node)).toEqual({
      operationType: 'datapreparation',
      identifier: 'd1',
      friendlyName: 'CRM',
      jobIds: ['j1'],
      status: 'needsupdate',
      endedAt: '2026-11-23T10:00:00.000Z',
    });
  });
});

/**
 * The same JSON as a service would write it whose serializer capitalises property names and words.
 */
function pascalCased(value: unknown): unknown {
  if (typeof value === 'string') return /^[a-z][a-zA-Z]+$/.test(value) ? capitalised(value) : value;
  if (Array.isArray(value)) return value.map(pascalCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [capitalised(key), pascalCased(inner)]));
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

describe('what is missing, null or of another type is absent', () => {
  test('from an instance', () => {
    expect(parseInstance({ instanceId: 'i1', name: null })).toEqual({
      instanceId: 'i1',
      name: 'i1',
      instanceType: undefined,
    });
  });

  test('from a data source', () => {
    expect(parseDataSource({ dataSourceId: 'd1', isActive: 'no', lastRefresh: 5, dataSourceMetadata: null })).toEqual({
      dataSourceId: 'd1',
      name: 'd1',
      displayName: 'd1',
      active: true,
      refreshState: undefined,
      lastRefreshAt: undefined,
    });
  });

  test('from a segment and its evaluations', () => {
    expect(parseSegment({ name: 's', evaluationStatus: null, evaluationStatusHistory: 'none' })).toEqual({
      name: 's',
      displayName: 's',
      state: undefined,
      latest: undefined,
      history: [],
    });
    expect(parseSegment({ name: 's', evaluationStatus: {} })?.latest).toEqual({
      status: undefined,
      evaluatedAt: undefined,
      memberCount: undefined,
      error: undefined,
    });
  });

  test('from a measure', () => {
    expect(parseMeasure({ name: 'm', definition: [], latestEvaluation: 7 })).toEqual({
      name: 'm',
      displayName: 'm',
      withoutDimension: false,
      latestState: undefined,
      latestError: undefined,
      output: undefined,
      outputHistory: [],
      failures: [],
    });
  });

  test('from a job, a task and a node, whose status is then absent', () => {
    expect(
      parseJob({ jobId: 'j1', idList: [1, 'd1', null], tasks: [null, {}, { taskStatus: 'failed' }] }),
    ).toMatchObject({
      submissionKind: undefined,
      status: undefined,
      operationType: undefined,
      idList: ['d1'],
      tasks: [],
    });
    expect(parseTask({ taskId: 't1', jobIds: null })).toMatchObject({
      status: undefined,
      operationType: undefined,
      jobIds: [],
    });
    expect(parseNode({ operationType: 'merge' })).toMatchObject({
      status: undefined,
      jobIds: [],
      identifier: undefined,
    });
  });

  test.each([
    ['a segment', parseSegment],
    ['a measure', parseMeasure],
    ['a job', parseJob],
    ['a task', parseTask],
    ['a node', parseNode],
    ['a data source', parseDataSource],
    ['an instance', parseInstance],
  ])('and %s without identity is nothing', (_what, read) => {
    expect(
      read({ friendlyName: 'Nobody', state: 'active', instanceType: 'trial', jobStatus: 'failed' }),
    ).toBeUndefined();
  });
});

test('a word nobody knows is passed on', () => {
  expect(
    parseSegment({ name: 's', state: 'Expansion', evaluationStatus: { jobStatus: 'FailedRetrying' } }),
  ).toMatchObject({
    state: 'expansion',
    latest: { status: 'failedretrying' },
  });
  expect(parseNode({ operationType: 'dataverseHydration', taskStatus: 'completedWithWarnings' })).toMatchObject({
    operationType: 'dataversehydration',
    status: 'completedwithwarnings',
  });
});

test('a segment is read with its evaluations, in the order they came', () => {
  expect(
    parseSegment({
      name: 'VIP',
      friendlyName: 'Very important',
      state: 'active',
      evaluationStatus: { jobStatus: 'CompletedSuccess', evaluationDate: '2026-11-23T10:00:00', entityCount: 12 },
      evaluationStatusHistory: [
        { jobStatus: 'completedSuccess', evaluationDate: '2026-11-23T10:00:00', entityCount: 12 },
        { jobStatus: 'CompletedFailure', evaluationDate: '2026-11-22T10:00:00', error: { key: 'segmentNotFound' } },
        { jobStatus: 'CompletedSuccess', evaluationDate: '2026-11-21T10:00:00', entityCount: '9' },
      ],
    }),
  ).toEqual({
    name: 'VIP',
    displayName: 'Very important',
    state: 'active',
    latest: { status: 'completedsuccess', evaluatedAt: '2026-11-23T10:00:00.000Z', memberCount: 12 },
    history: [
      { status: 'completedsuccess', evaluatedAt: '2026-11-23T10:00:00.000Z', memberCount: 12 },
      { status: 'completedfailure', evaluatedAt: '2026-11-22T10:00:00.000Z', error: 'segmentNotFound' },
      { status: 'completedsuccess', evaluatedAt: '2026-11-21T10:00:00.000Z', memberCount: 9 },
    ],
  });
});
