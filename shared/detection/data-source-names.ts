import type { DataSource, Job, Node, Task } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';

/** The names that Customer Insights lists now. */
export interface ListedNames {
  readonly dataSources: readonly DataSource[];
  readonly nodes: readonly Node[];
}

/**
 * The data that identifies the data source of an ingestion task. The task itself does not name its
 * data source.
 */
export interface DataSourceNames extends ListedNames {
  /**
   * Data source ids by every name that each was seen with. A data source may have been renamed
   * since its ingestion began.
   */
  readonly before: ReadonlyMap<string, string>;
}

export interface NamedDataSource {
  readonly dataSourceId: string;
  readonly name: string;
}

/**
 * Finds the data source of an ingestion task. The first of these that gives exactly one id decides:
 * - the ids that its jobs were asked for
 * - those ids, narrowed by the task's friendly name, then by the nodes of its jobs
 * - the nodes of its jobs
 * - the friendly name, current or earlier
 * - the only data source of its jobs that no other task of theirs belongs to
 *
 * `undefined` when none of them gives exactly one id.
 */
export function dataSourceOf(task: Task, jobs: readonly Job[], names: DataSourceNames): NamedDataSource | undefined {
  const ingestions = jobs.filter((job) => job.operationType === 'ingestion');
  const requested = [...new Set(ingestions.flatMap((job) => job.idList).map(bareId))];
  const { byName, byNode } = hintsOf(task, names);
  const id =
    onlyElement(requested) ??
    onlyElement(requested.filter((id) => byName.includes(id))) ??
    onlyElement(requested.filter((id) => byNode.includes(id))) ??
    onlyElement(byNode) ??
    onlyElement(byName) ??
    onlyUnclaimed(task, jobs, names, requested);
  if (id === undefined) return undefined;
  const source = names.dataSources.find(({ dataSourceId }) => bareId(dataSourceId) === id);
  return { dataSourceId: source?.dataSourceId ?? id, name: source?.displayName ?? task.friendlyName ?? id };
}

/** The ids that the friendly name and the nodes of a task suggest. */
function hintsOf(task: Task, names: DataSourceNames): { readonly byName: string[]; readonly byNode: string[] } {
  const named = names.dataSources
    .filter((source) => isNamed(source, task.friendlyName))
    .map((source) => bareId(source.dataSourceId));
  const before = names.before.get(keyOfName(task.friendlyName ?? ''));
  const byNode = nodesOf(task, names)
    // A task without a name can still be matched by its status.
    .filter((node) =>
      task.friendlyName === undefined
        ? knownStatus(node.status) === knownStatus(task.status)
        : equalsIgnoringCase(node.friendlyName, task.friendlyName),
    )
    .map((node) => bareId(node.identifier ?? ''));
  return { byName: named.length > 0 || before === undefined ? named : [before], byNode: [...new Set(byNode)] };
}

/**
 * Takes the data sources that the jobs of a task ingested and removes those that belong to other
 * tasks. Returns the only one left, or the only one whose node ended at the same instant as the
 * task.
 */
function onlyUnclaimed(
  task: Task,
  jobs: readonly Job[],
  names: DataSourceNames,
  requested: readonly string[],
): string | undefined {
  const nodes = nodesOf(task, names);
  const idsOf = (list: readonly Node[]): string[] => list.map(({ identifier = '' }) => bareId(identifier));
  const others = jobs
    .flatMap((job) => job.tasks)
    .filter(({ operationType, taskId }) => operationType === 'ingestion' && taskId !== task.taskId);
  const taken = new Set(others.flatMap((other) => Object.values(hintsOf(other, names)).flat()));
  const unclaimed = (ids: readonly string[]): string[] => [...new Set(ids)].filter((id) => !taken.has(id));
  const endedTogether = nodes.filter(({ endedAt }) => endedAt !== undefined && endedAt === task.endedAt);
  return (
    onlyElement(unclaimed(requested.length > 0 ? requested : idsOf(nodes))) ??
    onlyElement(unclaimed(idsOf(endedTogether)))
  );
}

function nodesOf(task: Task, { nodes }: ListedNames): Node[] {
  return nodes.filter(
    ({ operationType, identifier, jobIds }) =>
      operationType === 'ingestion' && identifier !== undefined && jobIds.some((id) => task.jobIds.includes(id)),
  );
}

/** The names to remember after a reading. Returns the same map when nothing is new. */
export function namedBefore(
  before: ReadonlyMap<string, string>,
  { dataSources }: ListedNames,
): ReadonlyMap<string, string> {
  const listed = dataSources.flatMap(({ dataSourceId, name, displayName }) =>
    [...new Set([name, displayName].map(keyOfName))].map((key) => [key, bareId(dataSourceId)] as const),
  );
  if (listed.every(([key, id]) => before.get(key) === id)) return before;
  const after = new Map(before);
  for (const [key, id] of listed) {
    after.delete(key);
    after.set(key, id);
  }
  return after;
}

function keyOfName(name: string): string {
  return name.toLowerCase();
}

/** Whether the ids that the jobs were asked for identify the data source. */
export function isNamedByJobs(jobs: readonly Job[]): boolean {
  return new Set(jobs.filter((job) => job.operationType === 'ingestion').flatMap((job) => job.idList)).size === 1;
}

/** The documented example quotes ids (`identifiers='…'`), and their case varies. */
function bareId(id: string): string {
  return id
    .trim()
    .replace(/^'(.*)'$/, '$1')
    .toLowerCase();
}

function isNamed(source: DataSource, name: string | undefined): boolean {
  return equalsIgnoringCase(source.displayName, name) || equalsIgnoringCase(source.name, name);
}

function equalsIgnoringCase(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}

function onlyElement<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}
