import { unreachable } from '../../../shared/unreachable.ts';
import { RefusedError } from './refused-error.ts';
import type { DataSourceMetadata, WorkflowStatus } from './documented-shapes.ts';
import { newRevision, nodeKey, touch } from './instance.ts';
import type { Instance } from './instance.ts';
import { instantAfter, newGuid } from './ports.ts';
import type { Ports } from './ports.ts';

export interface NewDataSource {
  /** The default is a new GUID. */
  readonly dataSourceId?: string;
  readonly name: string;
  readonly displayName?: string;
  readonly entityNames?: readonly string[];
}

/**
 * Adds a data source that was never refreshed. Throws `RefusedError` (409) when the id or the name
 * is in use.
 */
export function addDataSource(instance: Instance, dataSource: NewDataSource, ports: Ports): DataSourceMetadata {
  const dataSourceId = dataSource.dataSourceId ?? newGuid(ports.random);
  if (instance.dataSources.some((other) => other.name === dataSource.name || other.dataSourceId === dataSourceId)) {
    throw new RefusedError(409, `There is a data source '${dataSource.name}' or ${dataSourceId} already.`);
  }
  const entityNames = [...(dataSource.entityNames ?? [])];
  const added: DataSourceMetadata = {
    kind: 'powerQuery',
    isActive: true,
    entityNames,
    entitiesCount: entityNames.length,
    dataSourceId,
    name: dataSource.name,
    friendlyName: dataSource.displayName ?? dataSource.name,
    entityInformation: entityNames.map((entityName) => ({ entityName, primaryKey: '', entityType: 'unspecified' })),
    provisioningState: 'active',
    lastRefresh: null,
    refreshState: 'notUpdated',
    incrementalRefreshProperties: [],
    ...newRevision(instance.metadata.instanceId, instantAfter(ports.clock, null)),
  };
  instance.dataSources.push(added);
  return added;
}

export interface DataSourceChange {
  readonly name?: string;
  readonly displayName?: string;
  readonly active?: boolean;
}

/**
 * Renames, activates or deactivates a data source. Throws `RefusedError` (409) when the new name is
 * in use.
 */
export function changeDataSource(
  instance: Instance,
  dataSource: DataSourceMetadata,
  change: DataSourceChange,
  { clock }: Ports,
): void {
  if (instance.dataSources.some((other) => other !== dataSource && other.name === change.name)) {
    throw new RefusedError(409, `There is a data source '${String(change.name)}' already.`);
  }
  dataSource.name = change.name ?? dataSource.name;
  dataSource.friendlyName = change.displayName ?? dataSource.friendlyName;
  dataSource.isActive = change.active ?? dataSource.isActive;
  dataSource.provisioningState = dataSource.isActive ? 'active' : 'deactivated';
  touch(dataSource, instantAfter(clock, dataSource.updatedUtc));
}

/** Removes the data source and its tables. */
export function removeDataSource(instance: Instance, { dataSourceId }: DataSourceMetadata): void {
  const kept = instance.dataSources.filter((other) => other.dataSourceId !== dataSourceId);
  instance.dataSources.splice(0, instance.dataSources.length, ...kept);
  const tables = instance.tables.filter(({ metadata }) => metadata.datasourceId !== dataSourceId);
  instance.tables.splice(0, instance.tables.length, ...tables);
  instance.nodes.delete(nodeKey('ingestion', dataSourceId));
}

/** The data source with that id. Throws `RefusedError` (404) when there is none. */
export function findDataSource(instance: Instance, dataSourceId: string): DataSourceMetadata {
  const dataSource = instance.dataSources.find((candidate) => candidate.dataSourceId === dataSourceId);
  if (dataSource === undefined) throw new RefusedError(404, `There is no data source ${dataSourceId}.`);
  return dataSource;
}

/**
 * Updates a data source from the status of its ingestion task. Only a success changes
 * `lastRefresh`.
 */
export function updateFromIngestion(dataSource: DataSourceMetadata, status: WorkflowStatus, at: string | null): void {
  switch (status) {
    case 'running':
      dataSource.refreshState = 'updating';
      return;
    case 'successful':
      dataSource.refreshState = 'updated';
      dataSource.lastRefresh = at;
      return;
    case 'failed':
    case 'timedOut':
      dataSource.refreshState = 'updateFailed';
      return;
    case 'aborted':
      dataSource.refreshState = 'updateCancelled';
      return;
    case 'queued':
    case 'needsUpdate':
    case 'deleted':
    case 'skipped':
      return;
    default:
      unreachable(status);
  }
}
