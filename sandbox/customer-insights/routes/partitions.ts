import { createHmac } from 'node:crypto';
import { json } from '../http/response.ts';
import type { SandboxResponse } from '../http/response.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import type { Cell, EntityTable } from '../state/entity-table.ts';
import { findTable } from '../state/entity-tables.ts';
import type { Instance } from '../state/instance.ts';
import type { SandboxModel } from '../model.ts';

/** Rows per partition, few enough that larger entities have several partitions. */
const partitionRows = 100;

/**
 * Headers that a download needs, as the response of `proxy=true` says. Without them the download
 * fails.
 */
const downloadHeaders = { 'x-ms-version': '2019-12-12' };

export interface Partition {
  readonly name: string;
  readonly location: string;
  /** Tables of segments begin with a row of column names. Other tables have none. */
  readonly hasHeader: boolean;
}

/** The partitions of a table. An empty table has one empty partition. */
export function partitionsOf(instance: Instance, table: EntityTable, { url }: ApiRequest): Partition[] {
  const name = encodeURIComponent(addressOf(table));
  const folder = `${url.origin}/partitions/${instance.metadata.instanceId}/${name}`;
  return Array.from({ length: Math.max(1, Math.ceil(table.rows.length / partitionRows)) }, (_, index) => ({
    name: `part-${index}`,
    location: `${folder}/part-${index}.csv`,
    hasHeader: table.metadata.entityType === 'segment',
  }));
}

/**
 * The response of `proxy=true`: one request per partition, which is already authorised by its
 * signature.
 */
export function proxyResponse(
  model: SandboxModel,
  instance: Instance,
  table: EntityTable,
  request: ApiRequest,
): SandboxResponse {
  return json(200, {
    httpRequests: partitionsOf(instance, table, request).map(({ location }) => ({
      uri: `${location}?sv=2019-12-12&sig=${encodeURIComponent(signatureOf(model, new URL(location).pathname))}`,
      headers: downloadHeaders,
    })),
  });
}

/**
 * Serves the CSV of one partition. Responds with 403 to a wrong signature or a missing header, as
 * blob storage does.
 */
export function partitionRoute(model: SandboxModel): Route {
  return {
    method: 'GET',
    path: '/partitions/{instanceId}/{entityName}/{file}',
    answer: (request) => {
      const { url, query, headers, param } = request;
      const signed = query.get('sig') === signatureOf(model, url.pathname);
      const versioned = headers['x-ms-version'] === downloadHeaders['x-ms-version'];
      if (!signed || !versioned) return { status: 403 };
      const instance = model.instances.find(({ metadata }) => metadata.instanceId === param('instanceId'));
      const table = instance && findTable(instance, param('entityName'), model.clock.now());
      const index = Number(/^part-(\d+)\.csv$/.exec(param('file'))?.[1]);
      if (table === undefined || Number.isNaN(index)) return { status: 404 };
      return { status: 200, headers: { 'content-type': 'text/csv; charset=utf-8' }, text: csvOf(table, index) };
    },
  };
}

function csvOf({ metadata, rows }: EntityTable, index: number): string {
  const names = metadata.attributes.map(({ name }) => name);
  const data = rows
    .slice(index * partitionRows, (index + 1) * partitionRows)
    .map((row) => names.map((name) => row[name] ?? null));
  const lines: Cell[][] = metadata.entityType === 'segment' ? [names, ...data] : data;
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

/** Quotes a value with a comma, a quote or a line break, and doubles its quotes (RFC 4180 §2). */
function csvCell(cell: Cell): string {
  const text = cell === null ? '' : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function addressOf({ metadata }: EntityTable): string {
  return metadata.dataSourceName === null ? metadata.name : metadata.qualifiedEntityName;
}

function signatureOf({ partitionSecret }: SandboxModel, pathname: string): string {
  return createHmac('sha256', partitionSecret).update(pathname).digest('base64');
}
