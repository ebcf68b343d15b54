import { takePermit, type CallPermits } from './call-permits.ts';
import { isApiAddress, isDownloadAddress } from './download-address.ts';
import type { Attribute, EntityData, Missing, Refused } from './entity-data.ts';
import { asObject, field, objectField, objectListField, stringField } from './json-fields.ts';
import { downloadRows, type Download, type DownloadDeps } from './partition-download.ts';
import { parseEntity, parsePartitions } from './parse-entity.ts';
import { entityName, type InstanceCall } from './rest-instance-call.ts';

export interface RestPartitionsDeps extends DownloadDeps {
  readonly baseUrl: string;
  readonly call: InstanceCall;
  readonly permits: CallPermits;
}

/** A partition with the request that downloads it. */
interface Located {
  readonly partitionId: string;
  readonly download: Download;
  readonly hasHeader: boolean | undefined;
}

interface LocatedPartitions {
  readonly kind: 'located';
  readonly located: readonly Located[];
  readonly attributes: readonly Attribute[];
}

/**
 * Reads partitions over the REST API. With `proxy=true`, the call for an entity's data returns one
 * authorised request for each partition. The entity's metadata contains the names and columns of
 * the partitions and says whether they have a header.
 */
export function restPartitions(deps: RestPartitionsDeps): Pick<EntityData, 'partitions' | 'partitionRows'> {
  return {
    async partitions(instanceId, entityId) {
      const found = await locate(deps, instanceId, entityId);
      if (found.kind !== 'located') return found;
      return { kind: 'partitions', partitions: found.located.map(({ partitionId }) => ({ partitionId })) };
    },
    async partitionRows(instanceId, entityId, partitionId, range) {
      const found = await locate(deps, instanceId, entityId);
      if (found.kind !== 'located') return found;
      const partition = found.located.find((located) => located.partitionId === partitionId);
      if (partition === undefined) return { kind: 'missing', what: 'partition' };
      const { download, hasHeader } = partition;
      if (!isDownloadAddress(download.uri, deps.baseUrl)) {
        return {
          kind: 'unreadable',
          reason: 'The data of this partition has an address that this service does not read.',
        };
      }
      const name = `GET partition of ${instanceId}`;
      // Azure Storage has its own limits, so a download from there takes no call permit.
      if (isApiAddress(download.uri, deps.baseUrl)) await takePermit(deps.permits, instanceId, name);
      const table = { attributes: found.attributes, hasHeader };
      return downloadRows(deps, { call: name, download, table, range });
    },
  };
}

async function locate(
  { call }: RestPartitionsDeps,
  instanceId: string,
  entityId: string,
): Promise<LocatedPartitions | Missing | Refused> {
  const [metadata, downloads] = await Promise.all([
    call(instanceId, { path: ['manage', 'entities', entityName(entityId)], read: asObject }),
    call(instanceId, {
      path: ['data', entityName(entityId)],
      query: { $select: '*', proxy: 'true' },
      read: readDownloads,
    }),
  ]);
  if (metadata.kind !== 'answered') return metadata;
  if (downloads.kind !== 'answered') return downloads;
  const known = new Map(parsePartitions(metadata.response).map((partition) => [partition.location, partition]));
  const found = downloads.response.map((download) => ({
    download,
    known: known.get(download.uri.replace(/[?#].*$/s, '')),
  }));
  const names = new Set(found.map(({ known }) => known?.name));
  const hasNames = names.size === found.length && !names.has(undefined);
  return {
    kind: 'located',
    located: found.map(({ download, known }, index) => ({
      partitionId: hasNames && known ? known.name : String(index),
      download,
      hasHeader: known?.hasHeader,
    })),
    attributes: parseEntity(metadata.response)?.attributes ?? [],
  };
}

/**
 * Reads `{httpRequests: [{uri, headers}]}`, as Microsoft's Power Query connector for Customer
 * Insights (1.0.14) does.
 */
function readDownloads(json: unknown): Download[] | undefined {
  const response = asObject(json);
  if (response === undefined || !Array.isArray(field(response, 'httpRequests'))) return undefined;
  return objectListField(response, 'httpRequests').flatMap((request) => {
    const uri = stringField(request, 'uri');
    const headers = Object.entries(objectField(request, 'headers') ?? {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    return uri === undefined ? [] : { uri, headers: Object.fromEntries(headers) };
  });
}
