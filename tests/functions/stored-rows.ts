import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients, type StorageClients } from '../../shared/azure/storage-clients.ts';
import type { StoredRow } from '../../shared/storage/tables.ts';
import { drain } from '../helpers/rows.ts';
import { storage } from './start-backend.ts';

let opened: StorageClients | undefined;

/** All rows of all tables of the test file's storage, by table. */
export async function storedRows(): Promise<Record<string, StoredRow[]>> {
  const clients = (opened ??= openStorageClients({ account: storage() }));
  const tables = createAzureTables({ clients });
  const stored: Record<string, StoredRow[]> = {};
  for await (const { name = '' } of clients.tableService.listTables()) {
    stored[name] = await drain(tables, name, { partition: { from: '', to: '~' } });
  }
  return stored;
}

/**
 * All rows but those that any request may leave, whatever becomes of it: to read a subject is to
 * observe it (`state`), every call counts (`limits`), and the audit has the refused actions of
 * operators too.
 */
export async function requestRows(): Promise<StoredRow[]> {
  const { state, limits, ...others } = await storedRows();
  return Object.entries(others).flatMap(([table, rows]) => (table.startsWith('audit') ? [] : rows));
}
