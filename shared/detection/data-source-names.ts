import type { DataSource, Job, Node, Task } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';

/** What is needed to tell which data source an ingestion task belongs to: a task names none. */
export interface DataSourceNames {
  readonly dataSources: readonly DataSource[];
  readonly nodes: readonly Node[];
}

export interface NamedDataSource {
  readonly dataSourceId: string;
  readonly name: string;
}

/**
 * The data source of an ingestion task: from the ids its job was asked for, else from the node that the job last ran, else by the
 * friendly name. `undefined` when none of them tells, or more than one could be meant.
 */
export function dataSourceOf(task: Task, jobs: readonly Job[], names: DataSourceNames): NamedDataSource | undefined {
  const asked = [...new Set(jobs.filter((job) => job.operationType === 'ingestion').flatMap((job) => job.idList))].map(
    bareId,
  );
  const byName = names.dataSources
    .filter((source) => isNamed(source, task.friendlyName))
    .map((source) => bareId(source.dataSourceId));
  const byNode = names.nodes
    .filter((node) => node.operationType === 'ingestion' && node.identifier !== undefined)
    .filter((node) => node.jobIds.some((id) => task.jobIds.includes(id)))
    // A task without a name can still be told by how it ended.
    .filter((node) =>
      task.friendlyName === undefined
        ? knownStatus(node.status) === knownStatus(task.status)
        : same(node.friendlyName, task.friendlyName),
    )
    .map((node) => bareId(node.identifier ?? ''));
  const id =
    only(asked) ??
    only(asked.filter((one) => byName.includes(one))) ??
    only(asked.filter((one) => byNode.includes(one))) ??
    only([...new Set(byNode)]) ??
    only(byName);
  if (id === undefined) return undefined;
  const source = names.dataSources.find((one) => bareId(one.dataSourceId) === id);
  return { dataSourceId: source?.dataSourceId ?? id, name: source?.displayName ?? task.friendlyName ?? id };
}

/** Whether the ids that the jobs were asked for are enough to tell. */
export function isTold(jobs: readonly Job[]): boolean {
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
