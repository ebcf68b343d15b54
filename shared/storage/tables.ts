/**
 * The port to Table Storage: rows addressed by (table, partition, row key), ordered by key, changed by
 * compare-and-swap. It promises no more than Azure Table Storage gives, and its memory implementation no less.
 *
 * Tables: 3 to 63 lower-case letters and digits, beginning with a letter.
 * Keys: 1 to 512 characters of printable ASCII without `/ \ # ? % ,`. Keys are compared byte by byte.
 * Properties: at most 252, named by letters, digits and underscores, beginning with a letter; not `timestamp` nor `etag`.
 * Values: strings (at most 32,000 characters), finite numbers, booleans. An absent property is `undefined` and never null.
 * Every number comes back as it was, but -0 as 0; of a string, what is no Unicode (half a surrogate pair) comes back as U+FFFD.
 * A row is at most 1 MiB, the rows of one `write` 4 MiB (see table-limits.ts).
 *
 * A table exists as soon as something is written to it; reading a table that does not exist finds nothing.
 * Every method rejects with `StorageError` when storage cannot be reached or answers something unexpected: then a write
 * may or may not have taken effect. What breaks a limit above is refused with `RangeError` before any request.
 *
 * A request whose answer is lost is repeated once or twice. So a conflict may be the echo of this very write: a caller to
 * whom that matters puts its own mark into the row, reads it again and finds it.
 */
export interface Tables {
  /** One row, or undefined. One storage request. */
  get(table: string, partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  /** One page in key order. One storage request. Pages may be short or empty although `next` is set. */
  query(table: string, query: RowQuery): Promise<RowPage>;
  /** 1 to 100 writes to one partition, each row once: all take effect or none. One storage request. */
  write(table: string, writes: readonly [Write, ...Write[]]): Promise<WriteResult>;
  /** The names of the tables that begin with `prefix`. */
  tableNames(prefix: string): Promise<string[]>;
  /** Removes a table and all its rows. Nothing happens when there is none. */
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
  /** One partition, or all partitions with `from <= partitionKey < to`. Bounds are printable ASCII, and need not be valid keys. */
  readonly partition: string | { readonly from: string; readonly to: string };
  /** First row key to return (inclusive). */
  readonly from?: string;
  /** First row key not to return (exclusive). */
  readonly to?: string;
  /** Only rows whose properties equal these: strings, booleans, whole numbers of 32 bits. Storage still reads the whole range. */
  readonly where?: Readonly<Record<string, Value>>;
  /** Only rows that have each of these properties, in which there are texts alone. Storage still reads the whole range. */
  readonly present?: readonly string[];
  /** Only these properties (keys and etag always come along). */
  readonly select?: readonly string[];
  /** Rows per page at most, 1 to 1,000 (the default). */
  readonly limit?: number;
  /** Where the page before ended: goes only with the same query. One that is malformed is refused with `RangeError`. */
  readonly next?: string;
}

export interface RowPage {
  readonly rows: readonly StoredRow[];
  /** Opaque; present when there may be more. */
  readonly next?: string;
}

export type Write =
  /** Fails with `exists` when the row is there. */
  | { readonly kind: 'insert'; readonly row: Row }
  /** The row becomes exactly this. Fails with `changed` on another etag (`*` matches any), `missing` when there is no row. */
  | { readonly kind: 'replace'; readonly row: Row; readonly etag: string }
  /** Insert or replace, whatever is there. Never fails. */
  | { readonly kind: 'upsert'; readonly row: Row }
  /** Fails with `changed` on another etag (`*` matches any), `missing` when there is no row. */
  | { readonly kind: 'delete'; readonly row: RowKeys; readonly etag: string };

export type WriteResult =
  /** `etags[i]` is the new etag of `writes[i]`; empty for a delete. */
  | { readonly kind: 'written'; readonly etags: readonly string[] }
  /** Nothing was written; `index` is the first write that stood in the way. */
  | { readonly kind: 'conflict'; readonly reason: 'exists' | 'changed' | 'missing'; readonly index: number };

/** Storage could not be reached, was too busy, or answered something unexpected. The outcome of a write is unknown. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** The call that failed, e.g. `tables.write state`. Never holds row contents. */
  readonly call: string;
  constructor(call: string, reason: string, cause?: unknown) {
    super(`${call}: ${reason}`, { cause });
    this.call = call;
  }
}
