import { errorResponse, json, shaped } from '../http/response.ts';
import type { SandboxResponse } from '../http/response.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import { runQuery } from '../odata/query.ts';
import type { EntityTable } from '../state/entity-table.ts';
import { findTable, membersOf, storedRowsOf, tablesOf } from '../state/entity-tables.ts';
import type { Instance } from '../state/instance.ts';
import type { SandboxModel } from '../model.ts';
import { flag, instanceRoutes, notFound } from './on-instance.ts';
import { partitionsOf, proxyResponse } from './partitions.ts';

/** Routes for entities: their metadata, their sizes and their rows. */
export function dataRoutes(model: SandboxModel): Route[] {
  const route = instanceRoutes(model);
  return [
    route('GET', '/manage/entities', (instance, request) =>
      shaped(200, {
        instanceId: instance.metadata.instanceId,
        entities: tablesOf(instance, model.clock.now()).map((table) => entityInfo(instance, table, request)),
      }),
    ),
    route('GET', '/manage/entities/{entityName}', (instance, request) =>
      onTable(model, instance, request, (table) => shaped(200, entityInfo(instance, table, request))),
    ),
    route('GET', '/manage/entities/{entityName}/entitysize', (instance, request) =>
      onTable(model, instance, request, (table) => shaped(200, entitySize(instance, table))),
    ),
    route('GET', '/data/{entityName}', (instance, request) =>
      onTable(model, instance, request, (table) =>
        flag(request.query, 'proxy')
          ? proxyResponse(model, instance, table, request)
          : queryAnswer(model, instance, table, request),
      ),
    ),
  ];
}

/** Responds for the table that the path names, or with 404. */
export function onTable(
  model: SandboxModel,
  instance: Instance,
  request: ApiRequest,
  answer: (table: EntityTable) => SandboxResponse,
): SandboxResponse {
  const name = request.param('entityName');
  const table = findTable(instance, name, model.clock.now());
  return table === undefined
    ? notFound(request, 'entityMetadataNotFoundForEntity', `There is no entity '${name}'.`)
    : answer(table);
}

function entityInfo(instance: Instance, table: EntityTable, request: ApiRequest): object {
  const partitions = partitionsOf(instance, table, request).map(({ name, location, hasHeader }) => ({
    name,
    location,
    refreshTime: table.metadata.refreshTime,
    isCIGenerated: !table.ingested,
    forceSasAuth: true,
    hasHeader,
  }));
  return { ...table.metadata, partitions };
}

/**
 * The size of a segment is the count of its evaluation, although some of its members may have no
 * profile in the sandbox.
 */
function entitySize({ segments }: Instance, { metadata, rows }: EntityTable) {
  const counted = segments.find(({ name }) => name === metadata.name)?.evaluationStatus.entityCount;
  return {
    qualifiedEntityName: metadata.qualifiedEntityName,
    size: Buffer.byteLength(JSON.stringify(rows)),
    rowCount: counted ?? rows.length,
  };
}

function queryAnswer(
  model: SandboxModel,
  instance: Instance,
  table: EntityTable,
  { url, query }: ApiRequest,
): SandboxResponse {
  const customers = storedRowsOf(instance, 'Customer');
  const isProfile = table.metadata.name === 'Customer';
  const result = runQuery({
    table,
    options: new Map(query),
    expandable: isProfile ? tablesOf(instance, model.clock.now()).filter(isExpandable) : [],
    members: new Map(instance.segments.map((segment) => [segment.name, membersOf(segment, customers)])),
    pages: model.behaviour.nextLinks,
  });
  if (result.kind === 'refused') {
    const { message, target } = result;
    return errorResponse(url.pathname, { status: 400, errorCode: 'badRequest', message, target });
  }
  const next = new URL(url);
  if (result.next !== undefined) next.searchParams.set('$skiptoken', result.next);
  return json(200, {
    '@odata.context': `${url.origin}/v1/instances/${instance.metadata.instanceId}/data/$metadata#${table.metadata.name}`,
    value: result.rows,
    ...(result.next !== undefined && { '@odata.nextLink': next.href }),
  });
}

/** Whether customers can be expanded by the table, as the published examples do. */
function isExpandable({ metadata }: EntityTable): boolean {
  return metadata.name === 'UnifiedActivity' || metadata.name === 'Customer_Measure';
}
