import { odata } from '@azure/data-tables';
import { checkKeys, checkQuery, checkTable, checkTablePrefix, checkWrites } from '../storage/table-limits.ts';
import type { RowPage, RowQuery, Tables, WriteResult } from '../storage/tables.ts';
import type { StorageClients } from './storage-clients.ts';
import { failureCode, storageCall } from './storage-failure.ts';
import { batchRequest, batchResult, singleResult, type BatchResult } from './table-batch.ts';
import { serviceAddress, type TableRequest, type TableResponse } from './table-requests.ts';
import { fromRawEntity, toFilter, type RawEntity } from './table-values.ts';
import { READ, rowResource, writeRequest } from './table-writes.ts';

type Conflict = Extract<WriteResult, { kind: 'conflict' }>;

/** learn.microsoft.com/rest/api/storageservices/table-service-error-codes */
const CONFLICTS: Readonly<Partial<Record<string, Conflict['reason']>>> = {
  EntityAlreadyExists: 'exists',
  UpdateConditionNotSatisfied: 'changed',
  ResourceNotFound: 'missing',
};

/** Tables in Azure Table Storage or Azurite. */
export function createAzureTables({ clients }: { readonly clients: StorageClients }): Tables {
  const send = (table: string, request: TableRequest): Promise<TableResponse> =>
    clients.tableSender(table)(request, clients.deadline());

  return {
    async get(table, partitionKey, rowKey) {
      checkTable(table);
      checkKeys({ partitionKey, rowKey });
      return storageCall(`tables.get ${table}`, async () => {
        const resource = rowResource(table, { partitionKey, rowKey });
        const response = await send(table, { method: 'GET', resource, headers: READ });
        const { code } = response;
        if (code === 'ResourceNotFound' || code === 'TableNotFound') return undefined;
        if (!response.isSuccess || response.json === undefined) throw response.failure();
        return fromRawEntity(response.json as RawEntity);
      });
    },

    async query(table, query) {
      checkTable(table);
      checkQuery(query);
      const resource = `${table}()?${queryParameters(query)}`;
      return storageCall(`tables.query ${table}`, async (): Promise<RowPage> => {
        const response = await send(table, { method: 'GET', resource, headers: READ });
        if (response.code === 'TableNotFound') return { rows: [] };
        const { value } = (response.json ?? {}) as { readonly value?: readonly RawEntity[] };
        if (!response.isSuccess || value === undefined) throw response.failure();
        const next = tokenOf(response.headers);
        return { rows: value.map(fromRawEntity), ...(next !== undefined && { next }) };
      });
    },

    async write(table, writes) {
      checkTable(table);
      checkWrites(writes);
      return storageCall(`tables.write ${table}`, async () => {
        const request =
          writes.length === 1
            ? writeRequest(table, writes[0])
            : batchRequest(serviceAddress(clients.table(table)).base, table, writes);
        const attempt = async (): Promise<BatchResult> => {
          const response = await send(table, request);
          return writes.length === 1 ? singleResult(response, writes[0]) : batchResult(response, writes);
        };
        const first = await attempt();
        if (first.kind === 'written' || first.code !== 'TableNotFound') return writeResult(first);
        const index = writes.findIndex(({ kind }) => kind === 'replace' || kind === 'delete');
        if (index >= 0) return { kind: 'conflict', reason: 'missing', index };
        await clients.table(table).createTable({ abortSignal: clients.deadline() });
        return writeResult(await attempt());
      });
    },

    async tableNames(prefix) {
      checkTablePrefix(prefix);
      // `{` is the character after `z`. No table name contains it.
      const filter = odata`TableName ge ${prefix} and TableName lt ${`${prefix}{`}`;
      return storageCall('tables.tableNames', async () => {
        const names: string[] = [];
        const found = clients.tableService.listTables({ queryOptions: { filter }, abortSignal: clients.deadline() });
        for await (const { name } of found) if (name?.startsWith(prefix)) names.push(name);
        return names.sort();
      });
    },

    async dropTable(table) {
      checkTable(table);
      return storageCall(`tables.dropTable ${table}`, async () => {
        try {
          await clients.table(table).deleteTable({ abortSignal: clients.deadline() });
        } catch (error) {
          if (failureCode(error) !== 'TableBeingDeleted') throw error;
        }
      });
    },
  };
}

/** Throws when a write failed for a reason that is no conflict. */
function writeResult(result: BatchResult): WriteResult {
  if (result.kind === 'written') return result;
  const reason = CONFLICTS[result.code ?? ''];
  if (reason === undefined || result.index === undefined) throw result.failure();
  return { kind: 'conflict', reason, index: result.index };
}

function queryParameters(query: RowQuery): string {
  const { next, select, limit = 1000 } = query;
  const parameters = [`$top=${limit}`];
  if (select) parameters.push(`$select=${encodeURIComponent(['PartitionKey', 'RowKey', ...select].join(','))}`);
  parameters.push(`$filter=${encodeURIComponent(toFilter(query))}`);
  if (next !== undefined) {
    const { nextPartitionKey, nextRowKey } = keysOf(next);
    parameters.push(`NextPartitionKey=${encodeURIComponent(nextPartitionKey)}`);
    if (nextRowKey !== undefined) parameters.push(`NextRowKey=${encodeURIComponent(nextRowKey)}`);
  }
  return parameters.join('&');
}

/** Where a page begins, as storage names it. */
interface PageKeys {
  readonly nextPartitionKey: string;
  readonly nextRowKey?: string;
}

/** A token for the page after a response: the keys at which it begins, as JSON in base64. */
function tokenOf(headers: TableResponse['headers']): string | undefined {
  const nextPartitionKey = headers.get('x-ms-continuation-nextpartitionkey');
  const nextRowKey = headers.get('x-ms-continuation-nextrowkey');
  if (nextPartitionKey === undefined) return undefined;
  return Buffer.from(JSON.stringify({ nextPartitionKey, ...(nextRowKey && { nextRowKey }) })).toString('base64');
}

/** The reverse of `tokenOf`. Throws a RangeError for a malformed token. */
function keysOf(token: string): PageKeys {
  try {
    const keys = JSON.parse(Buffer.from(token, 'base64').toString()) as Partial<PageKeys> | null;
    if (typeof keys?.nextPartitionKey === 'string') return keys as PageKeys;
  } catch {
    // A token that cannot be parsed is rejected below.
  }
  throw new RangeError('not a valid continuation token');
}
