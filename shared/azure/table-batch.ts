import { randomUUID } from 'node:crypto';
import type { Write } from '../storage/tables.ts';
import { API, errorOf, failure, type TableRequest, type TableResponse } from './table-requests.ts';
import { writeRequest } from './table-writes.ts';

/**
 * The request for a transaction. Each part has the address of its row after `base`, without a
 * shared access signature, which only the request as a whole carries
 * (learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions). The
 * `submitTransaction` of @azure/data-tables 13.3.2 drops the ETags of deletes, and so deletes
 * unconditionally.
 */
export function batchRequest(base: string, table: string, writes: readonly Write[]): TableRequest {
  const [batch, changes] = [`batch_${randomUUID()}`, `changeset_${randomUUID()}`];
  const parts = writes.map((write) => {
    const { method, resource, headers, body = '' } = writeRequest(table, write);
    const head = Object.entries({ ...API, ...headers }).map(([name, value]) => `${name}: ${value}${EOL}`);
    return `--${changes}${EOL}${PART_HEAD}${method} ${base}${resource} HTTP/1.1${EOL}${head.join('')}${EOL}${body}${EOL}`;
  });
  return {
    method: 'POST',
    resource: '$batch',
    headers: { 'content-type': `multipart/mixed; boundary=${batch}`, accept: 'application/json' },
    body: `--${batch}${EOL}content-type: multipart/mixed; boundary=${changes}${EOL}${EOL}${parts.join('')}--${changes}--${EOL}--${batch}--${EOL}`,
  };
}

const EOL = '\r\n';
const PART_HEAD = `content-type: application/http${EOL}content-transfer-encoding: binary${EOL}${EOL}`;

export type BatchResult =
  /** The ETag of each write, in order. A delete has none. */
  | { readonly kind: 'written'; readonly etags: readonly (string | undefined)[] }
  /**
   * `index` is the write that failed, if the service names it. Nothing was written, except perhaps
   * after a success that is incomplete, which has no `code`.
   */
  | {
      readonly kind: 'failed';
      readonly code: string | undefined;
      readonly index: number | undefined;
      readonly failure: () => Error;
    };

/**
 * Reads the response to one write. A success without the ETag of the row has failed: its caller
 * could not replace the row.
 */
export function singleResult(response: TableResponse, write: Write): BatchResult {
  const { isSuccess, code, headers, failure } = response;
  const etag = headers.get('etag');
  if (isSuccess && hasETags([write], [etag])) return { kind: 'written', etags: [etag] };
  return { kind: 'failed', code, index: 0, failure };
}

/**
 * Reads the response to a transaction. A success has failed if it does not have the status and the
 * ETag of each write.
 */
export function batchResult(response: TableResponse, writes: readonly Write[]): BatchResult {
  const { headers, text, isSuccess, code } = response;
  const failed: BatchResult = { kind: 'failed', code, index: undefined, failure: response.failure };
  if (!isSuccess) return failed;
  const parts = text.split('--changesetresponse_').slice(1, -1);
  const etags: (string | undefined)[] = [];
  for (const part of parts) {
    const [, partStatus] = /^HTTP\/1\.1 (\d+)/m.exec(part) ?? [];
    if (partStatus === undefined) return failed;
    if (Number(partStatus) >= 300) {
      // The service puts the index of the write before the first colon of the message.
      const [json] = /\{.*\}/s.exec(part) ?? [];
      const { code: partCode, message = '' } = errorOf(json === undefined ? undefined : JSON.parse(json)) ?? {};
      const [, index] = /^(\d+):/.exec(message) ?? [];
      return {
        kind: 'failed',
        code: partCode,
        index: index === undefined ? undefined : Number(index),
        failure: () => failure({ status: Number(partStatus), headers }, partCode),
      };
    }
    etags.push(/^etag: (.+)$/im.exec(part)?.[1]);
  }
  return hasETags(writes, etags) ? { kind: 'written', etags } : failed;
}

function hasETags(writes: readonly Write[], etags: readonly (string | undefined)[]): boolean {
  return (
    writes.length === etags.length && writes.every(({ kind }, index) => kind === 'delete' || etags[index] !== undefined)
  );
}
