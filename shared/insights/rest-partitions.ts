import { takePermit, type CallPermits } from './call-permits.ts';
import { isApiAddress, isDownloadAddress } from './download-address.ts';
import type { Attribute, EntityData, Missing, Refused } from './entity-data.ts';
import { asObject, field, objectIn, objectsIn, text } from './json-fields.ts';
import { downloadRows, type Download, type DownloadDeps } from './partition-download.ts';
import { parseEntity, parsePartitions } from './parse-entity.ts';
import type { PathParameter } from './rest-call.ts';
import type { InstanceCall } from './rest-entity-data.ts';

export interface RestPartitionsDeps extends DownloadDeps {
  readonly baseUrl: string;
  readonly call: InstanceCall;
  readonly permits: CallPermits;
}

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
 * Partitions over the REST API: with `proxy=true` the data call answers one authorised request for each, and the entity's
 * metadata tells their names, columns and whether they have a header.
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
      const partition = found.located.find((one) => one.partitionId === partitionId);
      if (partition === undefined) return { kind: 'missing', what: 'partition' };
      const { download, hasHeader } = partition;
      if (!isDownloadAddress(download.uri, deps.baseUrl)) {
        return { kind: 'unreadable', reason: 'The data of this partition lies where this service does not read.' };
      }
      const name = `GET partition of ${instanceId}`;
      // Storage has limits of its own.
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
  const [metadata, proxied] = await Promise.all([
    call(instanceId, { path: ['manage', 'entities', entityName(entityId)], read: asObject }),
    call(instanceId, {
      path: ['data', entityName(entityId)],
      query: { $select: '*', proxy: 'true' },
      read: readDownloads,
    }),
  ]);
  if (metadata.kind !== 'answered') return metadata;
  if (proxied.kind !== 'answered') return proxied;
  const known = new Map(parsePartitions(metadata.answer).map((partition) => [partition.location, partition]));
  const found = proxied.answer.map((download) => ({
    download,
    known: known.get(download.uri.replace(/[?#].*$/s, '')),
  }));
  const names = new Set(found.map((one) => one.known?.name));
  const hasNames = names.size === found.length && !names.has(undefined);
  return {
    kind: 'located',
    located: found.map(({ download, known }, index) => ({
      partitionId: hasNames && known ? known.name : String(index),
      download,
      hasHeader: known?.hasHeader,
    })),
    attributes: parseEntity(metadata.answer)?.attributes ?? [],
  };
}

/** In the words of the public client libraries, whose `entityId` is the id of an item. */
export function entityName(value: string): PathParameter {
  return { name: 'entityName', value };
}

/** `{httpRequests: [{uri, headers}]}`, as Microsoft's Power Query connector for Customer Insights (1.0.14) reads it. */
function readDownloads(json: unknown): Download[] | undefined {
  const answer = asObject(json);
  if (answer === undefined || !Array.isArray(field(answer, 'httpRequests'))) return undefined;
  return objectsIn(answer, 'httpRequests').flatMap((request) => {
    const uri = text(request, 'uri');
    const headers = Object.entries(objectIn(request, 'headers') ?? {}).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    return uri === undefined ? [] : { uri, headers: Object.fromEntries(headers) };
  });
}
