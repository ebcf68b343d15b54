import type { DataSource, Job, Node, Task } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';

/**
 * The data sources and nodes that Customer Insights lists now. A node is a step of its refresh
 * pipeline, such as the ingestion of one data source.
 */
export interface ListedNames {
  readonly dataSources: readonly DataSource[];
  readonly nodes: readonly Node[];
}

/**
 * The names that help to identify the data source of an ingestion task, because the task itself
 * does not contain its id.
 */
export interface DataSourceNames extends ListedNames {
  /**
   * Maps every name that a data source has had, in lower case, to the id of the data source. A data
   * source may have been renamed since its ingestion began.
   */
  readonly before: ReadonlyMap<string, string>;
}

export interface NamedDataSource {
  readonly dataSourceId: string;
  readonly name: string;
}

/**
 * Finds the data source of an ingestion task. The first of these clues that leaves exactly one id
 * decides:
 * - the ids in the requests of the jobs that own the task (`idList`)
 * - those of the same ids that the task's friendly name suggests
 * - those of the same ids that the nodes of its jobs suggest
 * - the nodes of its jobs
 * - its friendly name, as the current or an earlier name of a data source
 * - the data sources of its jobs, without those that belong to other tasks of these jobs
 *
 * Returns `undefined` when no clue leaves exactly one id.
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

/**
 * The data source ids that the friendly name of a task (`byName`) and the nodes of its jobs
 * (`byNode`) suggest.
 */
function hintsOf(task: Task, names: DataSourceNames): { readonly byName: string[]; readonly byNode: string[] } {
  const named = names.dataSources
    .filter((source) => isNamed(source, task.friendlyName))
    .map((source) => bareId(source.dataSourceId));
  const before = names.before.get(keyOfName(task.friendlyName ?? ''));
  const byNode = nodesOf(task, names)
    // If the task has no name, its nodes are those with the same status as the task.
    .filter((node) =>
      task.friendlyName === undefined
        ? knownStatus(node.status) === knownStatus(task.status)
        : equalsIgnoringCase(node.friendlyName, task.friendlyName),
    )
    .map((node) => bareId(node.identifier ?? ''));
  return { byName: named.length > 0 || before === undefined ? named : [before], byNode: [...new Set(byNode)] };
}

/**
 * Takes the data sources that the task's jobs ingested, without those that belong to other tasks of
 * these jobs. Returns the data source if only one is left. Otherwise returns the only one whose
 * node ended at the same instant as the task.
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

/** The nodes for ingestions that ran in a job of the task. */
function nodesOf(task: Task, { nodes }: ListedNames): Node[] {
  return nodes.filter(
    ({ operationType, identifier, jobIds }) =>
      operationType === 'ingestion' && identifier !== undefined && jobIds.some((id) => task.jobIds.includes(id)),
  );
}

/**
 * Adds the listed names to those that were listed before (see `DataSourceNames.before`). Returns
 * the same map when no name is new.
 */
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
    // Deleted first, so that the map is in the order in which names were last listed.
    after.delete(key);
    after.set(key, id);
  }
  return after;
}

function keyOfName(name: string): string {
  return name.toLowerCase();
}

/** Whether the requests of the jobs contain exactly one data source id. */
export function isNamedByJobs(jobs: readonly Job[]): boolean {
  return new Set(jobs.filter((job) => job.operationType === 'ingestion').flatMap((job) => job.idList)).size === 1;
}

/**
 * Removes quotes, which the documented example has (`identifiers='…'`), and lowers the case, which
 * varies.
 */
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
