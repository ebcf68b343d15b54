import { createHmac } from 'node:crypto';
import { json } from '../http/answer.ts';
import type { Answer } from '../http/answer.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import type { Cell, EntityTable } from '../state/entity-table.ts';
import { findTable } from '../state/entity-tables.ts';
import type { Instance } from '../state/instance.ts';
import type { SandboxModel } from '../model.ts';

/** Rows in a partition: few, so that the bigger entities have several. */
const partitionRows = 100;

/** Sent by the caller with every download, as the answer of `proxy=true` tells it to; without it there is no data. */
const downloadHeaders = { 'x-ms-version': '2019-12-12' };

export interface Partition {
  readonly name: string;
  readonly location: string;
  /** Tables of segments begin with a row of column names; others have none. */
  readonly hasHeader: boolean;
}

/** The partitions of a table. A table without rows has one, empty. */
export function partitionsOf(instance: Instance, table: EntityTable, { url }: ApiRequest): Partition[] {
  const name = encodeURIComponent(addressOf(table));
  const folder = `${url.origin}/partitions/${instance.metadata.instanceId}/${name}`;
  return Array.from({ length: Math.max(1, Math.ceil(table.rows.length / partitionRows)) }, (_, index) => ({
    name: `part-${index}`,
    location: `${folder}/part-${index}.csv`,
    hasHeader: table.metadata.entityType === 'segment',
  }));
}

/** The answer of `proxy=true`: one request to make per partition, already authorised by its signature. */
export function proxyAnswer(model: SandboxModel, instance: Instance, table: EntityTable, request: ApiRequest): Answer {
  return json(200, {
    httpRequests: partitionsOf(instance, table, request).map(({ location }) => ({
      uri: `${location}?sv=2019-12-12&sig=${encodeURIComponent(signatureOf(model, new URL(location).pathname))}`,
      headers: downloadHeaders,
    })),
  });
}

/** Serves the CSV of one partition. A wrong signature or a missing header is 403, as from blob storage. */
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

/** RFC 4180 §2: quotes around what holds a comma, a quote or a line break, with quotes doubled. */
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
