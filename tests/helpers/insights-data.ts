import type {
  Job,
  Measure,
  MeasureOutput,
  Segment,
  SegmentEvaluation,
  Task,
} from '../../shared/insights/customer-insights.ts';

/** Minutes after ten o'clock, as an instant of the API. */
export function at(minute: number): string {
  return new Date(Date.parse('2026-11-23T10:00:00.000Z') + minute * 60_000).toISOString();
}

export function evaluated(memberCount: number, minute: number, status = 'completedsuccess'): SegmentEvaluation {
  return { status, memberCount, evaluatedAt: at(minute), error: undefined };
}

/** A segment whose last evaluation is the latest; the others are its history. */
export function segment(name: string, ...evaluations: SegmentEvaluation[]): Segment {
  return { name, displayName: `The ${name}`, state: 'active', latest: evaluations.at(-1), history: evaluations };
}

export function output(value: number | undefined, minute: number): MeasureOutput {
  return { value, evaluatedAt: at(minute) };
}

export function measure(name: string, ...outputs: MeasureOutput[]): Measure {
  return {
    name,
    displayName: `The ${name}`,
    withoutDimension: true,
    latestState: 'completed',
    latestError: undefined,
    output: outputs.at(-1),
    outputHistory: outputs,
    failures: [],
  };
}

let ids = 0;

export function job(more: Partial<Job> = {}): Job {
  const jobId = more.jobId ?? `job-${++ids}`;
  const tasks = (more.tasks ?? []).map((one) => ({ ...one, jobIds: one.jobIds.length > 0 ? one.jobIds : [jobId] }));
  return {
    jobId,
    submissionKind: 'ondemand',
    status: 'successful',
    operationType: 'ingestion',
    submittedAt: at(0),
    endedAt: at(1),
    idList: [],
    ...more,
    tasks,
  };
}

export function task(more: Partial<Task> = {}): Task {
  return {
    taskId: `task-${++ids}`,
    status: 'successful',
    operationType: 'ingestion',
    jobIds: [],
    friendlyName: undefined,
    submittedAt: at(0),
    endedAt: at(1),
    error: undefined,
    ...more,
  };
}
