import { allDone } from '../all-done.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import { CallbackCipherError, type CallbackCipher } from './callback-cipher.ts';
import { formatSubscriptionId } from './subscription-id.ts';
import { addressOfRow, sealContext, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';

/** The result of a rotation to the first key of `CALLBACK_ENCRYPTION_KEYS`. */
export interface Rotated {
  /** Callback URLs that this run encrypted with the first key. */
  readonly rewritten: number;
  /** Callback URLs that already used the first key. */
  readonly alreadyNew: number;
  /** Callback URLs that no configured key can decrypt. They are left unchanged. */
  readonly unopened: readonly Unopened[];
}

/** A callback URL that could not be decrypted. */
export interface Unopened {
  /**
   * The subscription id. If this version does not know the row's trigger, the partition key and row
   * key instead.
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
 * Encrypts every stored callback URL with the first key of `CALLBACK_ENCRYPTION_KEYS`, so that the
 * other keys can be removed. Run it only when every process of the app has the new first key.
 * Otherwise a process with the old keys may write a row that the run misses. Rows are replaced by
 * ETag, so concurrent changes are kept. Safe to repeat, and an aborted run leaves every row
 * readable. Costs one storage request per 1,000 rows and one per rewritten row. Rejects with
 * `StorageError`.
 */
export async function rotateCallbacks(ports: {
  readonly tables: Tables;
  readonly cipher: CallbackCipher;
}): Promise<Rotated> {
  const results: RowResult[] = [];
  let next: string | undefined;
  do {
    const page = await ports.tables.query(SUBSCRIPTIONS_TABLE, {
      // All partitions.
      partition: { from: '', to: '~' },
      ...(next !== undefined && { next }),
    });
    for (let start = 0; start < page.rows.length; start += ROWS_AT_ONCE) {
      const rows = page.rows.slice(start, start + ROWS_AT_ONCE);
      results.push(...(await allDone(rows.map((row) => rotateRow(ports, row)))));
    }
    next = page.next;
  } while (next !== undefined);
  return {
    rewritten: results.filter((result) => result === 'rewritten').length,
    alreadyNew: results.filter((result) => result === 'already-new').length,
    unopened: results.filter((result) => typeof result === 'object'),
  };
}

/** What happened to a row. `without-url`: it has no callback URL, or was removed meanwhile. */
type RowResult = 'rewritten' | 'already-new' | 'without-url' | Unopened;

async function rotateRow(
  { tables, cipher }: { readonly tables: Tables; readonly cipher: CallbackCipher },
  found: StoredRow,
): Promise<RowResult> {
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
    if (cipher.hasFirstKeyId(sealed)) return 'already-new';
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
 * Decrypts a callback URL. Every ciphertext begins with the id of its key. Even one with the first
 * key's id is decrypted, because an earlier key may have had the same id.
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
