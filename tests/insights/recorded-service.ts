import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Job, MeasureOutput, SegmentEvaluation, Task } from '../../shared/insights/customer-insights.ts';
import { nowMs, type HeldData } from '../contract/customer-insights.contract.ts';

export interface RecordedService {
  readonly baseUrl: string;
  readonly stop: () => Promise<void>;
}

/**
 * A small Customer Insights: one instance, in the shapes and with the query parameters of the
 * published API model.
 */
export async function startRecordedService(held: HeldData): Promise<RecordedService> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://service');
    const body = answer(held, pathname, searchParams);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { httpStatusCode: '404', message: 'Not found.' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(held: HeldData, path: string, query: URLSearchParams): unknown {
  const instance = { ...held.instance, expiryTimeUtc: null, azureRegion: 'westeurope' };
  if (path === '/v1/instances') return [instance];
  const [, id, rest = ''] = /^\/v1\/instances\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
  if (id !== held.instance.instanceId) return undefined;
  const [kind, name] = splitLast(rest);
  if (kind === 'manage/measures') return measures(held, query).find((measure) => measure.name === name);
  if (kind === 'workflows/main/jobs') return jobs(held.jobs, query).find(({ jobId }) => jobId === name);
  switch (rest) {
    case '':
      return { ...instance, provisioningState: 'active' };
    case 'manage/datasources':
      return held.dataSources.map(({ dataSourceId, name, displayName, active, refreshState, lastRefreshAt }) => ({
        dataSourceMetadata: {
          dataSourceId,
          name,
          friendlyName: displayName,
          kind: 'powerQuery',
          isActive: active,
          refreshState,
          lastRefresh: written(lastRefreshAt),
        },
      }));
    case 'manage/segments':
      return held.segments.map(({ name, displayName, state, latest, history }) => ({
        name,
        friendlyName: displayName,
        kind: 'default',
        state,
        evaluationStatus: latest === undefined ? null : evaluation(latest),
        evaluationStatusHistory: historic(history, query)?.map(evaluation),
      }));
    case 'manage/measures':
      return measures(held, query);
    case 'workflows/main/jobs':
      return jobs(held.jobs, query);
    case 'workflows/main/history': {
      const tasks = new Map(
        [...held.jobs.flatMap((job) => job.tasks), ...held.tasks].map((task) => [task.taskId, task]),
      );
      return top([...tasks.values()], query).map(taskInfo);
    }
    case 'workflows/main/status':
      return held.nodes.map(({ status, endedAt, ...node }) => ({
        ...node,
        taskStatus: status,
        endTimestamp: written(endedAt),
        selectionReason: { code: 'requested' },
      }));
    default:
      return undefined;
  }
}

function splitLast(path: string): [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
}

/** As .NET writes a date and time of no particular zone. */
function written(instant: string | undefined): string | null {
  return instant === undefined ? null : instant.replace('Z', '4321');
}

function historic<T extends { evaluatedAt: string | undefined }>(
  evaluations: readonly T[],
  query: URLSearchParams,
): T[] | undefined {
  if (query.get('includeHistoricStats') !== 'true') return undefined;
  const since = nowMs - Number(query.get('historicStatsDays')) * 86_400_000;
  return evaluations.filter(({ evaluatedAt = '' }) => Date.parse(evaluatedAt) >= since);
}

function evaluation({ status, evaluatedAt, memberCount, error }: SegmentEvaluation): object {
  return {
    jobStatus: status?.replace(/^./, (first) => first.toUpperCase()),
    evaluationDate: written(evaluatedAt),
    entityCount: memberCount,
    error: error === undefined ? null : { value: error, key: 'segmentEvaluationOrchestrationFailed', args: [] },
  };
}

function measures(held: HeldData, query: URLSearchParams): ({ name: string } & object)[] {
  return held.measures.map((measure) => ({
    name: measure.name,
    displayName: measure.displayName,
    definition: {
      kind: 'entity',
      isProfile: false,
      isScalar: measure.withoutDimension,
      dimensions: measure.withoutDimension ? [] : [{ field: 'City', alias: 'City' }],
    },
    latestEvaluation: { state: measure.latestState, error: measure.latestError },
    output: measure.output === undefined ? null : scalarOutput(measure.output),
    outputHistory: historic(measure.outputHistory, query)?.map(scalarOutput),
    evaluationHistory: historic(measure.failures, query)?.flatMap(({ evaluatedAt, error }) => [
      { state: 'completed', endTime: written(evaluatedAt), error: null },
      { state: 'failed', endTime: written(evaluatedAt), error },
    ]),
  }));
}

function scalarOutput({ evaluatedAt, value }: MeasureOutput): object {
  return { values: value === undefined ? {} : { Total: String(value) }, evaluationTime: written(evaluatedAt) };
}

function jobs(held: readonly Job[], query: URLSearchParams): ({ jobId: string } & object)[] {
  return top(held, query).map((job) => ({
    jobId: job.jobId,
    jobType: 'full',
    jobSubmissionKind: job.submissionKind,
    jobStatus: job.status,
    operationType: job.operationType,
    submittedTimestamp: written(job.submittedAt),
    endTimestamp: written(job.endedAt),
    idList: job.idList,
    tasks: query.get('includeTasks') === 'true' ? job.tasks.map(taskInfo) : null,
  }));
}

function taskInfo({ status, submittedAt, endedAt, error, ...task }: Task): object {
  return {
    ...task,
    taskStatus: status,
    submittedTimestamp: written(submittedAt),
    endTimestamp: written(endedAt),
    ciError: error === undefined ? null : { message: error },
  };
}

function top<T extends { submittedAt: string | undefined }>(list: readonly T[], query: URLSearchParams): T[] {
  const newestFirst = list.toSorted((a, b) => Date.parse(b.submittedAt ?? '') - Date.parse(a.submittedAt ?? ''));
  return newestFirst.slice(0, Number(query.get('top') ?? list.length));
}
