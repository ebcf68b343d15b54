import { CsvError, parse } from 'csv-parse';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Attribute, RowPage, RowRange } from './entity-data.ts';
import { exactNumber } from './exact-json.ts';
import { valueSchema } from './item-schema.ts';
import type { JsonObject } from './json-fields.ts';

/**
 * Maximum number of characters in a row. Without this limit, a quote that is never closed would
 * make the rest of the file one row.
 */
const MAX_ROW_LENGTH = 1024 * 1024;
/** Maximum number of characters in a page. The row that exceeds it is the last one of the page. */
const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

export interface CsvTable {
  /** The columns in order. If the data has no header, they name the cells. */
  readonly attributes: readonly Attribute[];
  /**
   * What the metadata says about a header row. A first row that consists of column names is a
   * header in any case.
   */
  readonly hasHeader: boolean | undefined;
}

/** `undefined` is a missing cell. */
type Cell = string | undefined;

/**
 * Reads rows of CSV (RFC 4180, UTF-8) from a stream and destroys the stream after the last row of
 * the range. Keeps only one page and the stream's buffers in memory, however long the file is.
 * Rejects with the errors of the stream.
 */
export async function readCsvRows(
  body: Readable,
  table: CsvTable,
  range: RowRange,
): Promise<RowPage | { kind: 'not-csv' }> {
  const parser = parse({
    bom: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_LENGTH,
    // An unquoted empty cell has no value. A quoted one is the empty string.
    cast: (cell, { quoting }) => (cell === '' && !quoting ? undefined : cell),
  });
  // Errors are ignored here because the parser reports them too, and because it is not an error to
  // leave the rest of the stream unread.
  pipeline(body, parser).catch(() => undefined);

  try {
    return await takeRows(parser as AsyncIterable<Cell[]>, table, range);
  } catch (error) {
    if (error instanceof CsvError) return { kind: 'not-csv' };
    throw error;
  }
}

async function takeRows(
  records: AsyncIterable<Cell[]>,
  { attributes, hasHeader }: CsvTable,
  { skip, top }: RowRange,
): Promise<RowPage> {
  const types = new Map(attributes.map(({ name, dataType }) => [name, dataType]));
  let names: readonly string[] | undefined;
  const rows: JsonObject[] = [];
  let skipped = 0;
  let length = 0;
  for await (const cells of records) {
    if (names === undefined) {
      const isHeader = hasHeader === true || cells.every((cell) => cell !== undefined && types.has(cell));
      names = isHeader ? cells.map((cell) => cell ?? '') : attributes.map(({ name }) => name);
      if (isHeader) continue;
    }
    if (skipped < skip) {
      skipped += 1;
      continue;
    }
    if (rows.length === top || length > MAX_PAGE_LENGTH) return { kind: 'rows', rows, hasMore: true };
    rows.push(rowOf(cells, names, types));
    length += cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
  }
  return { kind: 'rows', rows, hasMore: false };
}

/** Makes the object of a row. Cells after the last named column are named by their position. */
function rowOf(cells: readonly Cell[], names: readonly string[], types: ReadonlyMap<string, string>): JsonObject {
  const width = Math.max(cells.length, names.length);
  return Object.fromEntries(
    Array.from({ length: width }, (_, index) => {
      const name = names[index] || `column${index + 1}`;
      return [name, valueOf(cells[index], types.get(name) ?? '')];
    }),
  );
}

/**
 * Converts a cell to the JSON type of its column. A text that does not fit the type stays a string.
 */
function valueOf(cell: Cell, dataType: string): unknown {
  if (cell === undefined) return null;
  switch (valueSchema(dataType).type) {
    case 'integer':
    case 'number':
      return /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(cell) ? exactNumber(cell) : cell;
    case 'boolean':
      return /^true$/i.test(cell) ? true : /^false$/i.test(cell) ? false : cell;
    case undefined:
    default:
      return cell;
  }
}
