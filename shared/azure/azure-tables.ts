import { odata } from '@azure/data-tables';
import type { TransactionAction } from '@azure/data-tables';
import { checkKeys, checkQuery, checkTable, checkTablePrefix, checkWrites } from '../storage/table-limits.ts';
import type { RowPage, StoredRow, Tables, Write, WriteResult } from '../storage/tables.ts';
import { unreachable } from '../unreachable.ts';
import { deleteConditions } from './delete-conditions.ts';
import type { StorageClients } from './storage-clients.ts';
import { failureCode, failureIndex, storageCall } from './storage-failure.ts';
import { fromEntity, fromRawEntity, toEntity, toFilter, type RawEntity } from './table-values.ts';

type Writes = readonly [Write, ...Write[]];
type Conflict = Extract<WriteResult, { kind: 'conflict' }>;

/** learn.microsoft.com/rest/api/storageservices/table-service-error-codes */
const CONFLICTS: Readonly<Partial<Record<string, Conflict['reason']>>> = {
  EntityAlreadyExists: 'exists',
  UpdateConditionNotSatisfied: 'changed',
  ResourceNotFound: 'missing',
};

/** Tables in Azure Table Storage or Azurite. */
export function createAzureTables({ clients }: { readonly clients: StorageClients }): Tables {
  return {
    async get(table, partitionKey, rowKey) {
      checkTable(table);
      checkKeys({ partitionKey, rowKey });
      return storageCall(`tables.get ${table}`, async () => {
        try {
          const client = clients.table(table);
          return fromEntity(await client.getEntity(partitionKey, rowKey, { abortSignal: clients.deadline() }));
        } catch (error) {
          const code = failureCode(error);
          if (code === 'ResourceNotFound' || code === 'TableNotFound') return undefined;
          throw error;
        }
      });
    },

    async query(table, query) {
      checkTable(table);
      checkQuery(query);
      const { next, select, limit = 1000 } = query;
      if (next !== undefined) checkNext(next);
      const queryOptions = {
        filter: toFilter(query),
        ...(select && { select: ['partitionKey', 'rowKey', ...select] }),
      };
      let rows: StoredRow[] = [];
      let continuationToken: string | undefined;
      const pages = clients
        .table(table)
        .listEntities({
          queryOptions,
          abortSignal: clients.deadline(),
          requestOptions: { shouldDeserialize: ({ status }) => status !== 200 },
          // Called with every response. The entities are converted here, and the SDK then finds none to convert.
          onResponse: ({ status, headers }, response) => {
            if (status !== 200) return;
            const page = response as { value?: readonly RawEntity[] };
            rows = (page.value ?? []).map(fromRawEntity);
            page.value = [];
            continuationToken = tokenOf(
              headers.get('x-ms-continuation-nextpartitionkey'),
              headers.get('x-ms-continuation-nextrowkey'),
            );
          },
        })
        .byPage({ maxPageSize: limit, ...(next !== undefined && { continuationToken: next }) });
      return storageCall(`tables.query ${table}`, async (): Promise<RowPage> => {
        try {
          await pages.next();
          return { rows, ...(continuationToken !== undefined && { next: continuationToken }) };
        } catch (error) {
          if (failureCode(error) === 'TableNotFound') return { rows: [] };
          throw error;
        }
      });
    },

    async write(table, writes) {
      checkTable(table);
      checkWrites(writes);
      return storageCall(`tables.write ${table}`, async () => {
        try {
          return await attempt(clients, table, writes);
        } catch (error) {
          if (failureCode(error) !== 'TableNotFound') throw error;
          const index = writes.findIndex(({ kind }) => kind === 'replace' || kind === 'delete');
          if (index >= 0) return { kind: 'conflict', reason: 'missing', index };
          await clients.table(table).createTable({ abortSignal: clients.deadline() });
          return attempt(clients, table, writes);
        }
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

async function attempt(clients: StorageClients, table: string, writes: Writes): Promise<WriteResult> {
  const alone = writes.length === 1;
  try {
    const etags = alone ? [await sendOne(clients, table, writes[0])] : await sendAll(clients, table, writes);
    return { kind: 'written', etags };
  } catch (error) {
    const reason = CONFLICTS[failureCode(error) ?? ''];
    const index = alone ? 0 : failureIndex(error);
    if (reason === undefined || index === undefined) throw error;
    return { kind: 'conflict', reason, index };
  }
}

async function sendOne(clients: StorageClients, table: string, write: Write): Promise<string | undefined> {
  const client = clients.table(table);
  const abortSignal = clients.deadline();
  switch (write.kind) {
    case 'insert':
      return (await client.createEntity(toEntity(write.row), { abortSignal })).etag;
    case 'replace':
      return (await client.updateEntity(toEntity(write.row), 'Replace', { etag: write.etag, abortSignal })).etag;
    case 'upsert':
      return (await client.upsertEntity(toEntity(write.row), 'Replace', { abortSignal })).etag;
    case 'delete':
      await client.deleteEntity(write.row.partitionKey, write.row.rowKey, { etag: write.etag, abortSignal });
      return undefined;
    default:
      return unreachable(write);
  }
}

async function sendAll(clients: StorageClients, table: string, writes: Writes): Promise<(string | undefined)[]> {
  const conditions = writes.flatMap((write) => (write.kind === 'delete' ? write.etag : []));
  const client =
    conditions.length > 0 ? clients.tableThrough(table, deleteConditions(conditions)) : clients.table(table);
  const { subResponses } = await client.submitTransaction(writes.map(toAction), { abortSignal: clients.deadline() });
  return writes.map((_, index) => subResponses[index]?.etag);
}

function toAction(write: Write): TransactionAction {
  switch (write.kind) {
    case 'insert':
      return ['create', toEntity(write.row)];
    case 'replace':
      return ['update', toEntity(write.row), 'Replace', { etag: write.etag }];
    case 'upsert':
      return ['upsert', toEntity(write.row), 'Replace'];
    case 'delete':
      return ['delete', { partitionKey: write.row.partitionKey, rowKey: write.row.rowKey }];
    default:
      return unreachable(write);
  }
}

/** A continuation token of the SDK. */
function tokenOf(nextPartitionKey: string | undefined, nextRowKey: string | undefined): string | undefined {
  if (nextPartitionKey === undefined) return undefined;
  return Buffer.from(JSON.stringify({ nextPartitionKey, ...(nextRowKey && { nextRowKey }) })).toString('base64');
}

/**
 * Throws a RangeError for a malformed token. A token of the SDK is the keys at which the page begins, as JSON
 * in base64. With a malformed token the SDK would throw another error or start at the first page.
 */
function checkNext(next: string): void {
  try {
    const keys = JSON.parse(Buffer.from(next, 'base64').toString()) as { nextPartitionKey?: unknown } | null;
    if (typeof keys?.nextPartitionKey === 'string') return;
  } catch {
    // A token that cannot be parsed is rejected below.
  }
  throw new RangeError('not a valid continuation token');
}
