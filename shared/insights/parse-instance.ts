import type { DataSource, Instance } from './customer-insights.ts';
import { flag, instant, objectIn, text, word, type JsonObject } from './json-fields.ts';

/** `InstanceInfo` and `InstanceMetadata`. Some instances have no name: they go by their id. */
export function parseInstance(json: JsonObject): Instance | undefined {
  const instanceId = text(json, 'instanceId');
  if (instanceId === undefined) return undefined;
  return { instanceId, name: text(json, 'name') ?? instanceId, instanceType: word(json, 'instanceType') };
}

/** `DataSourceInfo`, or its `dataSourceMetadata` alone. Only an explicit `isActive: false` makes it inactive. */
export function parseDataSource(json: JsonObject): DataSource | undefined {
  const metadata = objectIn(json, 'dataSourceMetadata') ?? json;
  const dataSourceId = text(metadata, 'dataSourceId');
  if (dataSourceId === undefined) return undefined;
  const friendlyName = text(metadata, 'friendlyName');
  const name = text(metadata, 'name') ?? friendlyName ?? dataSourceId;
  return {
    dataSourceId,
    name,
    displayName: friendlyName ?? name,
    active: flag(metadata, 'isActive') ?? true,
    refreshState: word(metadata, 'refreshState'),
    lastRefreshAt: instant(metadata, 'lastRefresh'),
  };
}
