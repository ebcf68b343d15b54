import type { DataSource, Instance } from './customer-insights.ts';
import { booleanField, instantField, objectField, stringField, wordField, type JsonObject } from './json-fields.ts';

/**
 * Reads an `InstanceInfo` or `InstanceMetadata`. Some instances have no name; their id is used
 * instead.
 */
export function parseInstance(json: JsonObject): Instance | undefined {
  const instanceId = stringField(json, 'instanceId');
  if (instanceId === undefined) return undefined;
  return { instanceId, name: stringField(json, 'name') ?? instanceId, instanceType: wordField(json, 'instanceType') };
}

/**
 * Reads a `DataSourceInfo`, or its `dataSourceMetadata` alone. Only an explicit `isActive: false`
 * makes it inactive.
 */
export function parseDataSource(json: JsonObject): DataSource | undefined {
  const metadata = objectField(json, 'dataSourceMetadata') ?? json;
  const dataSourceId = stringField(metadata, 'dataSourceId');
  if (dataSourceId === undefined) return undefined;
  const friendlyName = stringField(metadata, 'friendlyName');
  const name = stringField(metadata, 'name') ?? friendlyName ?? dataSourceId;
  return {
    dataSourceId,
    name,
    displayName: friendlyName ?? name,
    active: booleanField(metadata, 'isActive') ?? true,
    refreshState: wordField(metadata, 'refreshState'),
    lastRefreshAt: instantField(metadata, 'lastRefresh'),
  };
}
