import type { DataSource, Job, Node, Task } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';

/** The names that Customer Insights lists now. */
export interface ListedNames {
  readonly dataSources: readonly DataSource[];
  readonly nodes: readonly Node[];
}

/** What is needed to tell which data source an ingestion task belongs to: a task names none. */
export interface DataSourceNames extends ListedNames {
  /** Ids by the names that they were seen with before: a data source may have been renamed since its ingestion began. */
  readonly before: ReadonlyMap<string, string>;
}

export interface NamedDataSource {
  readonly dataSourceId: string;
  readonly name: string;
}

/**
 * The data source of an ingestion task: from the ids its job was asked for, else from the node that the job last ran, else by the
 * friendly name, also one that it had before; else it is the one that no other task of its jobs belongs to. `undefined` when none of them
 * tells, or more than one could be meant.
 */
export function dataSourceOf(task: Task, jobs: readonly Job[], names: DataSourceNames): NamedDataSource | undefined {
  const ingestions = jobs.filter((job) => job.operationType === 'ingestion');
  const asked = [...new Set(ingestions.flatMap((job) => job.idList).map(bareId))];
  const { byName, byNode } = hintsOf(task, names);
  const id =
    only(asked) ??
    only(asked.filter((one) => byName.includes(one))) ??
    only(asked.filter((one) => byNode.includes(one))) ??
    only(byNode) ??
    only(byName) ??
    theOtherOne(task, jobs, names, asked);
  if (id === undefined) return undefined;
  const source = names.dataSources.find((one) => bareId(one.dataSourceId) === id);
  return { dataSourceId: source?.dataSourceId ?? id, name: source?.displayName ?? task.friendlyName ?? id };
}

/** The ids that the name and the nodes of a task speak for. */
function hintsOf(task: Task, names: DataSourceNames): { readonly byName: string[]; readonly byNode: string[] } {
  const named = names.dataSources
    .filter((source) => isNamed(source, task.friendlyName))
    .map((source) => bareId(source.dataSourceId));
  const before = names.before.get(keyOfName(task.friendlyName ?? ''));
  const byNode = nodesOf(task, names)
    // A task without a name can still be told by how it ended.
    .filter((node) =>
      task.friendlyName === undefined
        ? knownStatus(node.status) === knownStatus(task.status)
        : same(node.friendlyName, task.friendlyName),
    )
    .map((node) => bareId(node.identifier ?? ''));
  return { byName: named.length > 0 || before === undefined ? named : [before], byNode: [...new Set(byNode)] };
}

/** Of the data sources that the jobs of a task ingested and that nothing says belong to another of their tasks, the only one, or the one that ended with it. */
function theOtherOne(
  task: Task,
  jobs: readonly Job[],
  names: DataSourceNames,
  asked: readonly string[],
): string | undefined {
  const nodes = nodesOf(task, names);
  const idsOf = (some: readonly Node[]): string[] => some.map(({ identifier = '' }) => bareId(identifier));
  const others = jobs
    .flatMap((job) => job.tasks)
    .filter(({ operationType, taskId }) => operationType === 'ingestion' && taskId !== task.taskId);
  const taken = new Set(others.flatMap((other) => Object.values(hintsOf(other, names)).flat()));
  const free = (ids: readonly string[]): string[] => [...new Set(ids)].filter((id) => !taken.has(id));
  const endedAlike = nodes.filter(({ endedAt }) => endedAt !== undefined && endedAt === task.endedAt);
  return only(free(asked.length > 0 ? asked : idsOf(nodes))) ?? only(free(idsOf(endedAlike)));
}

function nodesOf(task: Task, { nodes }: ListedNames): Node[] {
  return nodes.filter(
    ({ operationType, identifier, jobIds }) =>
      operationType === 'ingestion' && identifier !== undefined && jobIds.some((id) => task.jobIds.includes(id)),
  );
}

/** What to remember of names; the very same map when there is nothing new. */
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

/** Whether the ids that the jobs were asked for are enough to tell. */
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
  return same(source.displayName, name) || same(source.name, name);
}

function same(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}
