import { allDone } from '../all-done.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import { CallbackCipherError, type CallbackCipher } from './callback-cipher.ts';
import { formatSubscriptionId } from './subscription-id.ts';

import { addressOfRow, sealContext, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';

/** What became of the stored callback URLs. */
export interface Rotated {
  /** Sealed with the first key by this run. */
  readonly rewritten: number;
  /** Sealed with the first key before. */
  readonly alreadyNew: number;
  /** No key opens them: they are left as they are. */
  readonly unopened: readonly Unopened[];
}

export interface Unopened {
  /** The id; for a trigger that only a newer version knows, the keys of the row. */
  readonly subscription: string;
  /** The error of the cipher, which holds nothing of the URL. */
  readonly reason: string;
}

/** Enough to hide the way to storage, few enough not to be throttled beside an app at work. */
const ROWS_AT_ONCE = 16;

/**
 * Seals every stored callback URL with the first key, so that the other keys can be removed: once all apps seal with it, since what an
 * older one stores behind the place that was reached is not seen. Rows go by etag, so whoever changes one meanwhile loses nothing, and
 * nothing that was ended comes back. Safe to repeat: a run that broke off has left every row readable. Takes a storage request for
 * 1,000 rows, and one for each that it rewrites. Rejects with `StorageError`.
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
      return { subscription: `${partitionKey} ${rowKey}`, reason: 'only a newer version knows its trigger' };
    }
    const opened = open(cipher, sealed, sealContext(address));
    if (opened.kind === 'unopened') return { subscription: formatSubscriptionId(address), reason: opened.reason };
    if (cipher.isNew(sealed)) return 'already-new';
    const callback = cipher.seal(opened.url, sealContext(address));
    // The row as it is stored, not as this version understands it: a newer version's fields stay.
    const replaced = await tables.write(SUBSCRIPTIONS_TABLE, [
      { kind: 'replace', row: { partitionKey, rowKey, ...values, callback }, etag },
    ]);
    if (replaced.kind === 'written') return 'rewritten';
    row = await tables.get(SUBSCRIPTIONS_TABLE, partitionKey, rowKey);
  }
  return 'without-url';
}

/** Those that name the first key are opened too: it may be another key of the same name. */
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
