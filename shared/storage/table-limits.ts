import type { Row, RowKeys, RowQuery, Value, Write } from './tables.ts';

/*
 * The limits of Table Storage. Every implementation of `Tables` checks them before any request.
 * Sources: learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 * (names, keys, properties, 1 MiB),
 * learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions (100 rows, 4
 * MiB).
 */
/** Maximum number of writes in one transaction. */
export const MAX_WRITES = 100;
/** Maximum number of characters in one string value. The service allows 64 KiB of UTF-16. */
export const MAX_STRING_LENGTH = 32_000;
const MAX_PROPERTIES = 252;
const MAX_ROW_BYTES = 1024 * 1024;
const MAX_TRANSACTION_BYTES = 4 * 1024 * 1024;
/**
 * Upper bound of the bytes that a transaction adds to each write, beyond its keys and row. About
 * 600 were measured.
 */
const ENVELOPE_BYTES = 1024;
/** Maximum number of characters in a key. The service allows 1 KiB of UTF-16. */
const MAX_KEY_LENGTH = 512;

const TABLE = /^[a-z][a-z0-9]{2,62}$/;
/**
 * The service forbids `/ \ # ?` and control characters. `%` may be decoded twice in transit.
 * Azurite 3.37 loses `,` in transactions.
 */
const KEY = /^[ -~]+$/;
const NOT_IN_KEYS = /[/\\#?%,]/;
const BOUND = /^[ -~]*$/;
const PROPERTY = /^[A-Za-z][A-Za-z0-9_]{0,254}$/;
/** Property names that storage or its SDK uses itself, in lower case. */
const RESERVED = new Set(['partitionkey', 'rowkey', 'timestamp', 'etag']);

/** Throws RangeError for a name that Table Storage rejects or treats as equal to another name. */
export function checkTable(table: string): void {
  if (!TABLE.test(table)) throw new RangeError(`not a table name: ${table}`);
}

/** Throws RangeError for a prefix that no table name can have. */
export function checkTablePrefix(prefix: string): void {
  if (!/^[a-z][a-z0-9]{0,62}$/.test(prefix)) throw new RangeError(`not a prefix of a table name: ${prefix}`);
}

/** Throws RangeError for keys that Table Storage rejects. */
export function checkKeys({ partitionKey, rowKey }: RowKeys): void {
  checkKey('partition key', partitionKey);
  checkKey('row key', rowKey);
}

/** Throws RangeError for a query that Table Storage would reject or would answer incorrectly. */
export function checkQuery(query: RowQuery): void {
  const { partition, from = '', to = '', where = {}, present = [], select = [], limit = 1 } = query;
  if (typeof partition === 'string') checkKey('partition key', partition);
  else for (const bound of [partition.from, partition.to]) checkBound(bound);
  for (const bound of [from, to]) checkBound(bound);
  for (const [name, value] of Object.entries(where)) {
    checkProperty(name, value);
    if (typeof value === 'number' && !isInt32(value))
      throw new RangeError(`a query can compare only with 32-bit integers, not with ${value}`);
  }
  for (const name of [...present, ...select]) checkName(name);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new RangeError(`not a page size: ${limit}`);
}

/**
 * Throws RangeError for writes that cannot form one transaction, and for rows that Table Storage
 * would reject or alter.
 */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length < 1 || writes.length > MAX_WRITES)
    throw new RangeError(`${writes.length} writes in one transaction instead of 1 to ${MAX_WRITES}`);
  const partitionKey = writes[0]?.row.partitionKey;
  const rowKeys = new Set<string>();
  let bytes = 0;
  for (const write of writes) {
    checkKeys(write.row);
    if (write.row.partitionKey !== partitionKey)
      throw new RangeError('one transaction cannot write to several partitions');
    if (rowKeys.has(write.row.rowKey)) throw new RangeError(`two writes to the row ${write.row.rowKey}`);
    rowKeys.add(write.row.rowKey);
    if ('etag' in write && !/^[!-~]+$/.test(write.etag)) throw new RangeError(`not an etag: ${write.etag}`);
    // Keys are also part of the URL, where a character may take three bytes.
    bytes += ENVELOPE_BYTES + 3 * (write.row.partitionKey.length + write.row.rowKey.length);
    bytes += write.kind === 'delete' ? 0 : checkedRowBytes(write.row);
  }
  if (bytes > MAX_TRANSACTION_BYTES && writes.length > 1)
    throw new RangeError(`a transaction has ${bytes} bytes, more than ${MAX_TRANSACTION_BYTES}`);
}

/**
 * The values of `row` as storage returns them: without keys and absent properties, with -0 as 0 and
 * half of a surrogate pair as U+FFFD.
 */
export function rowValues(row: Row): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries(row)) {
    if (name === 'partitionKey' || name === 'rowKey' || value === undefined) continue;
    if (typeof value === 'string') values[name] = value.toWellFormed();
    else values[name] = value === 0 ? 0 : value;
  }
  return values;
}

/** Whether Table Storage stores a number as an Int32 when a request does not name its type. */
export function isInt32(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 2 ** 31;
}

/** Checks a row. Returns its size as JSON, in bytes. */
function checkedRowBytes(row: Row): number {
  const values = Object.entries(rowValues(row));
  if (values.length > MAX_PROPERTIES)
    throw new RangeError(`a row has ${values.length} properties, more than ${MAX_PROPERTIES}`);
  // The service counts UTF-16 and Azurite counts JSON, so the larger size must be within the limit:
  // learn.microsoft.com/archive/blogs/windowsazurestorage, "Understanding Windows Azure Storage
  // Billing - Bandwidth, Transactions, and Capacity".
  let bytes = 4 + 2 * (row.partitionKey.length + row.rowKey.length);
  for (const [name, value] of values) {
    checkProperty(name, value);
    bytes += 8 + 2 * name.length + (typeof value === 'string' ? 4 + 2 * value.length : 8);
  }
  const jsonBytes = Buffer.byteLength(JSON.stringify(row));
  const rowBytes = Math.max(bytes, jsonBytes);
  if (rowBytes > MAX_ROW_BYTES) throw new RangeError(`a row has ${rowBytes} bytes, more than ${MAX_ROW_BYTES}`);
  return jsonBytes;
}

function checkProperty(name: string, value: unknown): void {
  checkName(name);
  if (typeof value === 'string') {
    if (value.length > MAX_STRING_LENGTH)
      throw new RangeError(`${name} has ${value.length} characters, more than ${MAX_STRING_LENGTH}`);
  } else if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError(`${name} is ${value}, not a finite number`);
  } else if (typeof value !== 'boolean') throw new RangeError(`${name} has a value of type ${typeof value}`);
}

function checkName(name: string): void {
  if (!PROPERTY.test(name) || RESERVED.has(name.toLowerCase())) throw new RangeError(`not a property name: ${name}`);
}

function checkKey(kind: string, key: string): void {
  if (!KEY.test(key) || NOT_IN_KEYS.test(key) || key.length > MAX_KEY_LENGTH)
    throw new RangeError(`not a ${kind}: ${key}`);
}

function checkBound(bound: string): void {
  if (!BOUND.test(bound) || bound.length > MAX_KEY_LENGTH) throw new RangeError(`not a bound of a key range: ${bound}`);
}
