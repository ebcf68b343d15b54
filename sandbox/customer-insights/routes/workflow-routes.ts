import { errorResponse, shaped } from '../http/response.ts';
import type { SandboxResponse } from '../http/response.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import { RefusedError } from '../state/refused-error.ts';
import type { GraphJobInfo } from '../state/documented-shapes.ts';
import type { Instance } from '../state/instance.ts';
import { endJob, isFinal, startJob, tasksOf } from '../state/jobs.ts';
import type { SandboxModel } from '../model.ts';
import { countIn, flag, instanceRoutes, notFound } from './on-instance.ts';

/** Jobs and tasks returned when the call has no `top`: the default of the generated clients. */
const defaultTop = 10;

/** Allowed operation types of a job: the enum of the generated clients. */
const operationTypes =
  `none ingestion derivedEntity hierarchy dataPreparation map realtimeM3Search match merge profileStore search activity contact
  attributeMeasures entityMeasures measures segmentation segmentMembership enrichment preEnrichment transform intelligence
  aiBuilder insights export modelManagement relationship roleAssignment analysis semanticEntity all`.split(/\s+/);

/**
 * Routes of the workflow `main` under both prefixes in use: `/workflows` of the clients and
 * `/manage/workflows` of the documentation.
 */
export function workflowRoutes(model: SandboxModel): Route[] {
  return ['/workflows/main', '/manage/workflows/main'].flatMap((prefix) => routesBelow(model, prefix));
}

function routesBelow(model: SandboxModel, prefix: string): Route[] {
  const route = instanceRoutes(model);
  return [
    route('GET', `${prefix}/jobs`, (instance, { query }) => {
      const jobs = instance.jobs.slice(0, countIn(query, 'top', defaultTop));
      return shaped(
        200,
        jobs.map((job) => jobInfo(instance, job, query)),
      );
    }),
    route('GET', `${prefix}/jobs/{jobId}`, (instance, request) =>
      onJob(instance, request, (job) => shaped(200, jobInfo(instance, job, request.query))),
    ),
    route('POST', `${prefix}/jobs`, (instance, request) => submit(model, instance, request)),
    route('POST', `${prefix}/jobs/{jobId}/cancel`, (instance, request) =>
      onJob(instance, request, (job) => {
        if (!isFinal(job.jobStatus)) endJob(instance, job, 'aborted', model);
        return shaped(200, job);
      }),
    ),
    route('GET', `${prefix}/status`, ({ nodes }) => shaped(200, [...nodes.values()])),
    route('GET', `${prefix}/history`, ({ tasks }, { query }) => {
      const recent = tasks.slice(0, countIn(query, 'top', defaultTop));
      return shaped(
        200,
        recent.map(({ info }) => info),
      );
    }),
    route('GET', `${prefix}/schedules`, ({ schedules }) => shaped(200, schedules)),
  ];
}

function jobInfo(instance: Instance, job: GraphJobInfo, query: URLSearchParams) {
  if (!flag(query, 'includeTasks')) return job;
  return { ...job, tasks: tasksOf(instance, job.jobId).map(({ info }) => info) };
}

function onJob(
  instance: Instance,
  request: ApiRequest,
  answer: (job: GraphJobInfo) => SandboxResponse,
): SandboxResponse {
  const jobId = request.param('jobId').toLowerCase();
  const job = instance.jobs.find((candidate) => candidate.jobId === jobId);
  return job === undefined
    ? notFound(request, 'refreshRunningOrchestrationNotFound', `There is no job ${jobId}.`)
    : answer(job);
}

/**
 * Submits a job, which stays queued until the control API moves it. The operation comes from the
 * query or else from the body (`OnDemandJobRequest`). The published example puts the identifiers in
 * single quotes.
 */
function submit(model: SandboxModel, instance: Instance, request: ApiRequest): SandboxResponse {
  const { query, url } = request;
  const body = (request.body ?? {}) as { operationType?: unknown; identifiers?: unknown; forceRunRequested?: unknown };
  const refused = (status: number, errorCode: string, message: string): SandboxResponse =>
    errorResponse(url.pathname, { status, errorCode, message });

  const wanted = query.get('operationType') ?? body.operationType;
  const operationType = operationTypes.find(
    (known) => typeof wanted === 'string' && known.toLowerCase() === wanted.toLowerCase(),
  );
  if (operationType === undefined) return refused(400, 'badRequest', `'${String(wanted)}' is no operation type.`);

  const listed = query.get('identifiers')?.split(',') ?? (Array.isArray(body.identifiers) ? body.identifiers : []);
  const identifiers = listed.map((identifier) => String(identifier).trim().replaceAll("'", '')).filter(Boolean);
  if (operationType === 'all' && identifiers.length > 0) {
    return refused(400, 'badRequest', 'A job of operation type all takes no identifiers.');
  }
  const forceRun = flag(query, 'forceRunRequested') || body.forceRunRequested === true;
  try {
    const job = startJob(
      instance,
      { operationType, identifiers, submission: 'onDemand', forceRun, queued: true },
      model,
    );
    return shaped(200, job);
  } catch (error) {
    if (error instanceof RefusedError) return refused(error.status, 'resourceMetadataNotFoundError', error.message);
    throw error;
  }
}
