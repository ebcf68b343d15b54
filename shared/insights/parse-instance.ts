import type { DataSource, Instance } from './customer-insights.ts';
import { booleanField, instantField, objectField, stringField, wordField, type JsonObject } from './json-fields.ts';

/**
 * Reads an `InstanceInfo` or `InstanceMetadata` of Microsoft's public client libraries. The id of
 * an instance without a name is used as its name.
 */
export function parseInstance(json: JsonObject): Instance | undefined {
  const instanceId = stringField(json, 'instanceId');
  if (instanceId === undefined) return undefined;
  return { instanceId, name: stringField(json, 'name') ?? instanceId, instanceType: wordField(json, 'instanceType') };
}

/**
 * Reads a `DataSourceInfo`, or its `dataSourceMetadata` alone. A data source is active unless
 * `isActive` is `false`.
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
