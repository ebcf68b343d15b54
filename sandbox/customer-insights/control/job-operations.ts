import { Type } from '@sinclair/typebox';
import type { GraphJobInfo } from '../state/documented-shapes.ts';
import type { Instance } from '../state/instance.ts';
import { endJob, findJob, tasksOf } from '../state/jobs.ts';
import { RefusedError } from '../state/refused-error.ts';
import { runJob } from '../state/run-job.ts';
import { moveTask } from '../state/tasks.ts';
import { findInstance } from '../model.ts';
import { inputOf, operation } from './operation.ts';

const instanceId = Type.String();
const value = Type.Union([Type.Number(), Type.String()]);

/**
 * Input of all runs. With `end: 'open'` the job only starts, and `moveTask` and `endJob` continue
 * it.
 */
const run = {
  instanceId,
  submission: Type.Optional(Type.Union([Type.Literal('onDemand'), Type.Literal('scheduled')])),
  end: Type.Optional(
    Type.Union([
      Type.Literal('successful'),
      Type.Literal('failed'),
      Type.Literal('timedOut'),
      Type.Literal('aborted'),
      Type.Literal('open'),
    ]),
  ),
  error: Type.Optional(Type.String()),
};
const runDefaults = { submission: 'onDemand', end: 'successful' } as const;

/** The new values of evaluated segments and measures, by name. */
const evaluated = {
  memberCounts: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0 }))),
  measureValues: Type.Optional(Type.Record(Type.String(), value)),
};

export const jobOperations = {
  /** Runs a job that ingests one data source. */
  refreshDataSource: operation({
    method: 'POST',
    path: '/instances/{instanceId}/data-sources/{dataSourceId}/refresh',
    input: inputOf({ ...run, dataSourceId: Type.String() }),
    run: (model, { dataSourceId, ...input }): JobReport => {
      const instance = findInstance(model, input.instanceId);
      const request = { ...runDefaults, ...input, operationType: 'ingestion', identifiers: [dataSourceId] };
      return report(instance, runJob(instance, request, model));
    },
  }),

  /**
   * Runs a job of operation type `all`: data sources, match, merge, segments and measures. A
   * failure happens at the merge by default.
   */
  refreshAll: operation({
    method: 'POST',
    path: '/instances/{instanceId}/full-refresh',
    input: inputOf({
      ...run,
      ...evaluated,
      failsAt: Type.Optional(inputOf({ operationType: Type.String(), identifier: Type.Optional(Type.String()) })),
    }),
    run: (model, input): JobReport => {
      const instance = findInstance(model, input.instanceId);
      return report(instance, runJob(instance, { ...runDefaults, ...input, operationType: 'all' }, model));
    },
  }),

  /**
   * Runs a unification: match and merge, optionally with the segments and measures that depend on
   * it, or only the match.
   */
  unify: operation({
    method: 'POST',
    path: '/instances/{instanceId}/unification',
    input: inputOf({
      ...run,
      ...evaluated,
      matchOnly: Type.Optional(Type.Boolean()),
      runDownstream: Type.Optional(Type.Boolean()),
    }),
    run: (model, { matchOnly, runDownstream, ...input }): JobReport => {
      const instance = findInstance(model, input.instanceId);
      const operationType = matchOnly === true ? 'match' : 'merge';
      const request = { ...runDefaults, ...input, operationType, runDownstreamAfterMerge: runDownstream ?? false };
      return report(instance, runJob(instance, request, model));
    },
  }),

  /**
   * Moves one task, with its node and its object, to a status. A retry is `failed` followed by
   * `running`.
   */
  moveTask: operation({
    method: 'PUT',
    path: '/instances/{instanceId}/tasks/{taskId}',
    input: inputOf({
      instanceId,
      taskId: Type.String(),
      status: Type.Union([
        Type.Literal('queued'),
        Type.Literal('needsUpdate'),
        Type.Literal('running'),
        Type.Literal('successful'),
        Type.Literal('failed'),
        Type.Literal('timedOut'),
        Type.Literal('aborted'),
        Type.Literal('deleted'),
        Type.Literal('skipped'),
      ]),
      error: Type.Optional(Type.String()),
      memberCount: Type.Optional(Type.Integer({ minimum: 0 })),
      value: Type.Optional(value),
    }),
    run: (model, { taskId, ...input }): TaskReport => {
      const instance = findInstance(model, input.instanceId);
      const task = instance.tasks.find(({ info }) => info.taskId === taskId);
      if (task === undefined) throw new RefusedError(404, `There is no task ${taskId}.`);
      moveTask(instance, task, input, model);
      return taskReport(task);
    },
  }),

  /**
   * Ends an open job. Running tasks end like the job. Queued tasks do too, or are skipped after a
   * failure.
   */
  endJob: operation({
    method: 'POST',
    path: '/instances/{instanceId}/jobs/{jobId}/end',
    input: inputOf({
      instanceId,
      jobId: Type.String(),
      status: Type.Union([
        Type.Literal('successful'),
        Type.Literal('failed'),
        Type.Literal('timedOut'),
        Type.Literal('aborted'),
        Type.Literal('deleted'),
        Type.Literal('skipped'),
      ]),
    }),
    run: (model, { jobId, status, ...input }): JobReport => {
      const instance = findInstance(model, input.instanceId);
      const job = findJob(instance, jobId);
      endJob(instance, job, status, model);
      return report(instance, job);
    },
  }),
};

/** A task with the node that it works on, which the API does not show. */
export interface TaskReport {
  readonly taskId: string;
  readonly operationType: string;
  readonly identifier: string | null;
  readonly status: string;
}

/** The state of a job, with the ids that `moveTask` and `endJob` need. */
export interface JobReport {
  readonly jobId: string;
  readonly status: string;
  readonly tasks: readonly TaskReport[];
}

function report(instance: Instance, { jobId, jobStatus }: GraphJobInfo): JobReport {
  return { jobId, status: jobStatus, tasks: tasksOf(instance, jobId).map(taskReport) };
}

function taskReport({ info, identifier }: Instance['tasks'][number]): TaskReport {
  return { taskId: info.taskId, operationType: info.operationType, identifier, status: info.taskStatus };
}
