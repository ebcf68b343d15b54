import { errorAnswer, json, shaped } from '../http/answer.ts';
import type { Answer } from '../http/answer.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import { runQuery } from '../odata/query.ts';
import type { EntityTable } from '../state/entity-table.ts';
import { findTable, membersOf, rowsOf, tablesOf } from '../state/entity-tables.ts';
import type { Instance } from '../state/instance.ts';
import type { SandboxModel } from '../model.ts';
import { flag, instanceRoutes, notFound } from './on-instance.ts';
import { partitionsOf, proxyAnswer } from './partitions.ts';

/** Entities: what they are, how big they are, and their rows. */
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
          ? proxyAnswer(model, instance, table, request)
          : queryAnswer(model, instance, table, request),
      ),
    ),
  ];
}

/** Answers for the table the path names, else 404. */
export function onTable(
  model: SandboxModel,
  instance: Instance,
  request: ApiRequest,
  answer: (table: EntityTable) => Answer,
): Answer {
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

/** A segment's size is what its evaluation counted, although not every member it may have been told of has a profile here. */
function entitySize({ segments }: Instance, { metadata, rows }: EntityTable) {
  const counted = segments.find(({ name }) => name === metadata.name)?.evaluationStatus.entityCount;
  return {
    qualifiedEntityName: metadata.qualifiedEntityName,
    size: Buffer.byteLength(JSON.stringify(rows)),
    rowCount: counted ?? rows.length,
  };
}

function queryAnswer(model: SandboxModel, instance: Instance, table: EntityTable, { url, query }: ApiRequest): Answer {
  const customers = rowsOf(instance, 'Customer');
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
    return errorAnswer(url.pathname, { status: 400, errorCode: 'badRequest', message, target });
  }
  const next = new URL(url);
  if (result.next !== undefined) next.searchParams.set('$skiptoken', result.next);
  return json(200, {
    '@odata.context': `${url.origin}/v1/instances/${instance.metadata.instanceId}/data/$metadata#${table.metadata.name}`,
    value: result.rows,
    ...(result.next !== undefined && { '@odata.nextLink': next.href }),
  });
}

/** What the published examples expand a customer by. */
function isExpandable({ metadata }: EntityTable): boolean {
  return metadata.name === 'UnifiedActivity' || metadata.name === 'Customer_Measure';
}
