import type { RowKeys, Write } from '../storage/tables.ts';
import { unreachable } from '../unreachable.ts';
import type { TableRequest } from './table-requests.ts';
import { toRawEntity } from './table-values.ts';

/** The request for one write: alone, or as a part of a transaction. */
export function writeRequest(table: string, write: Write): TableRequest {
  switch (write.kind) {
    case 'insert':
      return { method: 'POST', resource: table, headers: INSERT, body: toRawEntity(write.row) };
    case 'replace':
      return {
        method: 'PUT',
        resource: rowResource(table, write.row),
        headers: { ...PUT, 'if-match': write.etag },
        body: toRawEntity(write.row),
      };
    case 'upsert':
      return { method: 'PUT', resource: rowResource(table, write.row), headers: PUT, body: toRawEntity(write.row) };
    case 'delete':
      return {
        method: 'DELETE',
        resource: rowResource(table, write.row),
        headers: { ...READ, 'if-match': write.etag },
      };
    default:
      return unreachable(write);
  }
}

/** Rows with the types that JSON does not have. */
export const READ = { accept: 'application/json;odata=minimalmetadata' };
const PUT = { 'content-type': 'application/json', accept: 'application/json' };
const INSERT = { ...READ, 'content-type': 'application/json;odata=nometadata', prefer: 'return-no-content' };

/** The resource of a row. A quote in a key is doubled. */
export function rowResource(table: string, { partitionKey, rowKey }: RowKeys): string {
  return `${table}(PartitionKey='${encodedKey(partitionKey)}',RowKey='${encodedKey(rowKey)}')`;
}

function encodedKey(key: string): string {
  return encodeURIComponent(key.replaceAll("'", "''"));
}
