/**
 * The port to Table Storage: rows addressed by (table, partition, row key), ordered by key, with
 * optimistic concurrency by ETag. Azure Table Storage and the in-memory implementation both keep
 * all of the following promises.
 *
 * - Tables: 3 to 63 lower-case letters and digits, beginning with a letter.
 * - Keys: 1 to 512 characters of printable ASCII without `/ \ # ? % ,`. Keys are compared byte by
 *   byte.
 * - Properties: at most 252, named by letters, digits and underscores, beginning with a letter,
 *   except `timestamp` and `etag`.
 * - Values: strings (at most 32,000 characters), finite numbers, booleans. An absent property is
 *   `undefined` and never null. Every number is returned unchanged, except -0 as 0. In a string,
 *   half a surrogate pair is returned as U+FFFD.
 * - Sizes: a row is at most 1 MiB, the rows of one `write` at most 4 MiB (see table-limits.ts).
 *
 * The first write to a table creates the table. Reading a table that does not exist finds nothing.
 *
 * Every method rejects with `StorageError` when storage cannot be reached or gives an unexpected
 * response. In that case, a write may or may not have taken effect. Every method rejects with
 * `RangeError` before any request when an argument breaks a limit above.
 *
 * A request whose response is lost is repeated once or twice. A conflict may therefore be caused by
 * the first try of the same write. A caller that must know this writes a unique value into the row,
 * and after a conflict reads the row to see whether the value is there.
 */
export interface Tables {
  /** One row, or undefined. One storage request. */
  get(table: string, partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  /**
   * One page in key order. One storage request. A page may be short or empty even when `next` is
   * set.
   */
  query(table: string, query: RowQuery): Promise<RowPage>;
  /**
   * Makes 1 to 100 writes to different rows of one partition. Either all take effect or none. One
   * storage request.
   */
  write(table: string, writes: readonly [Write, ...Write[]]): Promise<WriteResult>;
  /** The names of the tables that begin with `prefix`. */
  tableNames(prefix: string): Promise<string[]>;
  /** Removes a table and all its rows. Does nothing when the table does not exist. */
  dropTable(table: string): Promise<void>;
}

export type Value = string | number | boolean;

export interface RowKeys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export type Row = RowKeys & Readonly<Record<string, Value | undefined>>;

/** A row as storage holds it. `etag` changes with every write to the row. */
export interface StoredRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly etag: string;
  readonly values: Readonly<Record<string, Value>>;
}

export interface RowQuery {
  /**
   * One partition, or all partitions with `from <= partitionKey < to`. Bounds are printable ASCII
   * and need not be valid keys.
   */
  readonly partition: string | { readonly from: string; readonly to: string };
  /** First row key to return (inclusive). */
  readonly from?: string;
  /** First row key not to return (exclusive). */
  readonly to?: string;
  /**
   * Returns only rows whose properties equal these strings, booleans or 32-bit integers. Storage
   * still reads the whole range.
   */
  readonly where?: Readonly<Record<string, Value>>;
  /**
   * Returns only rows in which each of these properties has a string value. Storage still reads the
   * whole range.
   */
  readonly present?: readonly string[];
  /** Returns only these properties, and always the keys and the ETag. */
  readonly select?: readonly string[];
  /** Maximum number of rows per page, 1 to 1,000 (the default). */
  readonly limit?: number;
  /**
   * The `next` of the previous page, valid only with the same query. A malformed value rejects with
   * `RangeError`.
   */
  readonly next?: string;
}

export interface RowPage {
  readonly rows: readonly StoredRow[];
  /** Opaque. Present when there may be more rows. */
  readonly next?: string;
}

export type Write =
  /** Fails with `exists` when the row exists. */
  | { readonly kind: 'insert'; readonly row: Row }
  /**
   * Replaces the row completely. Fails with `changed` on another ETag (`*` matches any), with
   * `missing` when the row does not exist.
   */
  | { readonly kind: 'replace'; readonly row: Row; readonly etag: string }
  /** Inserts or replaces the row. Never fails with a conflict. */
  | { readonly kind: 'upsert'; readonly row: Row }
  /**
   * Fails with `changed` on another ETag (`*` matches any), with `missing` when the row does not
   * exist.
   */
  | { readonly kind: 'delete'; readonly row: RowKeys; readonly etag: string };

export type WriteResult =
  /** `etags[i]` is the new ETag of `writes[i]`, absent for a delete. */
  | { readonly kind: 'written'; readonly etags: readonly (string | undefined)[] }
  /** Nothing was written. `index` is the first write that failed. */
  | { readonly kind: 'conflict'; readonly reason: 'exists' | 'changed' | 'missing'; readonly index: number };

/** The new ETag of one write. Throws when that write was a delete, which is a bug. */
export function newEtag({ etags }: Extract<WriteResult, { kind: 'written' }>, index = 0): string {
  const etag = etags[index];
  if (etag === undefined) throw new Error(`write ${index} has no ETag`);
  return etag;
}

/**
 * Storage could not be reached, was too busy or gave an unexpected response. The outcome of a write
 * is unknown.
 */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** The call that failed, such as `tables.write state`. Never contains row contents. */
  readonly call: string;
  constructor(call: string, reason: string, cause?: unknown) {
    super(`${call}: ${reason}`, { cause });
    this.call = call;
  }
}
