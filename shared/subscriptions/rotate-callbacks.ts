import { allDone } from '../all-done.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import { CallbackCipherError, type CallbackCipher } from './callback-cipher.ts';
import { formatSubscriptionId } from './subscription-id.ts';

import { addressOfRow, sealContext, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';

/** The result of a key rotation. */
export interface Rotated {
  /** Callback URLs that this run encrypted with the first key. */
  readonly rewritten: number;
  /** Callback URLs that already used the first key. */
  readonly alreadyNew: number;
  /** Callback URLs that no configured key can decrypt. They are left unchanged. */
  readonly unopened: readonly Unopened[];
}

export interface Unopened {
  /**
   * The subscription id, or the row's keys if only a newer version of the app supports its trigger.
   */
  readonly subscription: string;
  /** The decryption error. It contains no part of the URL. */
  readonly reason: string;
}

/**
 * Maximum number of concurrent writes: enough to hide latency, and few enough that storage does not
 * throttle the running app.
 */
const ROWS_AT_ONCE = 16;

/**
 * Encrypts every stored callback URL with the first key, so that the other keys can be removed. Run
 * it when every worker of the app already uses the new first key. Otherwise the run may miss a row
 * that a worker with the old keys writes meanwhile. Rows are replaced by ETag, so concurrent
 * changes are kept. Safe to repeat, and an aborted run leaves every row readable. Costs one storage
 * request per 1,000 rows and one per rewritten row. Rejects with `StorageError`.
 */
export async function rotateCallbacks(ports: {
  readonly tables: Tables;
  readonly cipher: CallbackCipher;
}): Promise<Rotated> {
  const ends: RowEnd[] = [];
  let next: string | undefined;
  do {
    const page = await ports.tables.query(SUBSCRIPTIONS_TABLE, {
      partition: { from: '', to: '~' },
      ...(next !== undefined && { next }),
    });
    for (let start = 0; start < page.rows.length; start += ROWS_AT_ONCE) {
      const rows = page.rows.slice(start, start + ROWS_AT_ONCE);
      ends.push(...(await allDone(rows.map((row) => rotateRow(ports, row)))));
    }
    next = page.next;
  } while (next !== undefined);
  return {
    rewritten: ends.filter((end) => end === 'rewritten').length,
    alreadyNew: ends.filter((end) => end === 'already-new').length,
    unopened: ends.filter((end) => typeof end === 'object'),
  };
}

type RowEnd = 'rewritten' | 'already-new' | 'without-url' | Unopened;

async function rotateRow(
  { tables, cipher }: { readonly tables: Tables; readonly cipher: CallbackCipher },
  found: StoredRow,
): Promise<RowEnd> {
  let row: StoredRow | undefined = found;
  while (row !== undefined) {
    const { partitionKey, rowKey, etag, values }: StoredRow = row;
    const sealed = values['callback'];
    if (typeof sealed !== 'string') return 'without-url';
    const address = addressOfRow(row);
    if (address === undefined) {
      return { subscription: `${partitionKey} ${rowKey}`, reason: 'only a newer version supports its trigger' };
    }
    const opened = open(cipher, sealed, sealContext(address));
    if (opened.kind === 'unopened') return { subscription: formatSubscriptionId(address), reason: opened.reason };
    if (cipher.isNew(sealed)) return 'already-new';
    const callback = cipher.seal(opened.url, sealContext(address));
    // Write the columns as they are stored, so that columns of a newer version are kept.
    const replaced = await tables.write(SUBSCRIPTIONS_TABLE, [
      { kind: 'replace', row: { partitionKey, rowKey, ...values, callback }, etag },
    ]);
    if (replaced.kind === 'written') return 'rewritten';
    row = await tables.get(SUBSCRIPTIONS_TABLE, partitionKey, rowKey);
  }
  return 'without-url';
}

/**
 * Decrypts a URL. Rotation decrypts even URLs that name the first key, because another key may have
 * had the same id.
 */
function open(
  cipher: CallbackCipher,
  sealed: string,
  context: string,
): { kind: 'opened'; url: string } | { kind: 'unopened'; reason: string } {
  try {
    return { kind: 'opened', url: cipher.open(sealed, context) };
  } catch (error) {
    if (error instanceof CallbackCipherError) return { kind: 'unopened', reason: error.message };
    throw error;
  }
}
