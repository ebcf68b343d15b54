import type { Clock } from '../clock.ts';
import {
  CustomerInsightsError,
  type CustomerInsights,
  type CustomerInsightsErrorKind,
  type DataSource,
  type Instance,
  type Job,
  type Measure,
  type Node,
  type Segment,
  type Task,
} from './customer-insights.ts';

/**
 * The data of one instance. Tests may change it at any time. Segments and measures contain their
 * whole history.
 */
export interface MemoryInstance {
  instance: Instance;
  dataSources: DataSource[];
  segments: Segment[];
  measures: Measure[];
  jobs: Job[];
  /** Further tasks of the task history, whose jobs are no longer in `jobs`. */
  tasks: Task[];
  nodes: Node[];
}

export interface MemoryCall {
  readonly method: keyof CustomerInsights;
  /** Absent for `instances`. */
  readonly instanceId?: string;
  /** The measure's name or the job's id, for a call that reads one of them. */
  readonly subject?: string;
}

export interface MemoryCustomerInsights extends CustomerInsights {
  /** The instances by id. */
  readonly held: Map<string, MemoryInstance>;
  /** Adds or replaces an instance. Absent lists are empty. Returns the stored data. */
  hold(data: Partial<MemoryInstance> & Pick<MemoryInstance, 'instance'>): MemoryInstance;
  /** Every call so far, including failed ones. */
  readonly calls: MemoryCall[];
  /**
   * Runs before each call. If it throws, the call fails. If it waits, the call is delayed.
   * `failing` makes such functions.
   */
  beforeCall: (call: MemoryCall) => void | Promise<void>;
}

/** Customer Insights without a network. Later changes to the data do not change earlier results. */
export function memoryCustomerInsights({ clock }: { clock: Clock }): MemoryCustomerInsights {
  const held = new Map<string, MemoryInstance>();
  const calls: MemoryCall[] = [];

  /**
   * Reads after `beforeCall`, so that a call sees changes that were made while it was delayed, as
   * it may over a network.
   */
  async function respond<T>(call: MemoryCall, read: () => T): Promise<T> {
    calls.push(call);
    await memory.beforeCall(call);
    return copyOf(read());
  }

  function listFrom<T>(
    method: MemoryCall['method'],
    instanceId: string,
    list: (data: MemoryInstance) => T[],
  ): Promise<T[]> {
    const call = { method, instanceId };
    return respond(call, () => {
      const data = held.get(instanceId);
      if (data === undefined)
        throw new CustomerInsightsError('not-found', callName(call), 'status 404', { status: 404 });
      return list(data);
    });
  }

  /** Returns `undefined` for an unknown instance too, because both are the same 404 over HTTP. */
  function oneFrom<T>(
    call: MemoryCall & { instanceId: string },
    find: (data: MemoryInstance) => T,
  ): Promise<T | undefined> {
    return respond(call, () => {
      const data = held.get(call.instanceId);
      return data === undefined ? undefined : find(data);
    });
  }

  /** Keeps the evaluations of the last `days` days. */
  function recent<T extends { evaluatedAt: string | undefined }>(evaluations: readonly T[], days: number): T[] {
    const since = clock.now() - days * 86_400_000;
    return evaluations.filter(({ evaluatedAt }) => evaluatedAt !== undefined && Date.parse(evaluatedAt) >= since);
  }

  const memory: MemoryCustomerInsights = {
    held,
    calls,
    beforeCall: () => undefined,
    hold(data) {
      const whole = { dataSources: [], segments: [], measures: [], jobs: [], tasks: [], nodes: [], ...data };
      held.set(data.instance.instanceId, whole);
      return whole;
    },

    instances: () => respond({ method: 'instances' }, () => [...held.values()].map(({ instance }) => instance)),
    instance: (id) => oneFrom({ method: 'instance', instanceId: id }, ({ instance }) => instance),
    dataSources: (id) => listFrom('dataSources', id, ({ dataSources }) => dataSources),
    segments: (id, { historyDays } = {}) =>
      listFrom('segments', id, ({ segments }) =>
        segments.map((segment) => ({
          ...segment,
          history: historyDays === undefined ? [] : recent(segment.history, historyDays),
        })),
      ),
    measures: (id) =>
      listFrom('measures', id, ({ measures }) =>
        measures.map((measure) => ({ ...measure, outputHistory: [], failures: [] })),
      ),
    measure: (id, measureName, { historyDays }) =>
      oneFrom({ method: 'measure', instanceId: id, subject: measureName }, ({ measures }) => {
        const measure = measures.find(({ name }) => name === measureName);
        return (
          measure && {
            ...measure,
            outputHistory: recent(measure.outputHistory, historyDays),
            failures: recent(measure.failures, historyDays),
          }
        );
      }),
    jobs: (id, { top }) => listFrom('jobs', id, ({ jobs }) => newestFirst(jobs).slice(0, top)),
    job: (id, jobId) =>
      oneFrom({ method: 'job', instanceId: id, subject: jobId }, ({ jobs }) => jobs.find((job) => job.jobId === jobId)),
    tasks: (id, { top }) =>
      listFrom('tasks', id, ({ jobs, tasks }) => {
        const known = [...jobs.flatMap((job) => job.tasks), ...tasks].map((task) => [task.taskId, task] as const);
        return newestFirst([...new Map(known).values()]).slice(0, top);
      }),
    nodes: (id) => listFrom('nodes', id, ({ nodes }) => nodes),
  };
  return memory;
}

/** A `beforeCall` that fails all calls, or those of the given methods. */
export function failing(
  kind: CustomerInsightsErrorKind,
  { methods, retryAfterMs }: { methods?: readonly MemoryCall['method'][]; retryAfterMs?: number } = {},
): (call: MemoryCall) => void {
  return (call) => {
    if (methods?.includes(call.method) ?? true) {
      throw new CustomerInsightsError(kind, callName(call), 'set to fail', { retryAfterMs });
    }
  };
}

/**
 * Copies a value of this port ten times as fast as `structuredClone`, because simulations make
 * millions of calls.
 */
function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) copy[name] = copyOf(part);
  return copy as T;
}

function callName({ method, instanceId }: MemoryCall): string {
  return instanceId === undefined ? method : `${method} of ${instanceId}`;
}

function newestFirst<T extends { submittedAt: string | undefined }>(list: readonly T[]): T[] {
  const at = ({ submittedAt = '' }: T): string => submittedAt;
  return list.toSorted((a, b) => (at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : 0));
}
