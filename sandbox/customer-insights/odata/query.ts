import { keyColumnOf } from '../state/entity-table.ts';
import type { Cell, EntityTable, Row } from '../state/entity-table.ts';
import { matches, parseFilter, renamed } from './filter.ts';

/**
 * Objects that a query without `$top` returns
 * (learn.microsoft.com/dynamics365/customer-insights/data/odata-examples, "Limitations").
 */
export const defaultTop = 100;

/** A row in a response. Expanded tables are lists of rows inside it. */
export type ResponseRow = Readonly<Record<string, Cell | readonly Row[]>>;

export type QueryResult =
  /** `next` is the `$skiptoken` of the next page. */
  | { readonly kind: 'page'; readonly rows: ResponseRow[]; readonly next?: string }
  | { readonly kind: 'refused'; readonly message: string; readonly target: string };

export interface QueryContext {
  readonly table: EntityTable;
  /** Query options by name (`$filter`, …). Other options are ignored. */
  readonly options: ReadonlyMap<string, string>;
  /** The tables that `$expand` may name. */
  readonly expandable: readonly EntityTable[];
  /** Ids of the customers in each segment. */
  readonly members: ReadonlyMap<string, ReadonlySet<Cell>>;
  /** Whether to limit pages to `defaultTop` rows and to return the start of the next page. */
  readonly pages: boolean;
}

/** Why a query is refused. Used only in this file: `runQuery` converts it to a value. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly target: string;
  constructor(target: string, message: string) {
    super(message);
    this.target = target;
  }
}

/**
 * Runs one OData query over a table: filter, search, order, page, expand, select, in that order.
 */
export function runQuery(context: QueryContext): QueryResult {
  try {
    const found = ordered(context, searched(context, filtered(context)));
    const first = countOption(context, '$skip', 0);
    const last = Math.min(
      first + countOption(context, '$top', context.pages ? found.length : defaultTop),
      found.length,
    );
    const from = first + countOption(context, '$skiptoken', 0);
    const to = context.pages ? Math.min(from + defaultTop, last) : last;
    const rows = selected(context, expanded(context, found.slice(from, to)));
    return { kind: 'page', rows, ...(to < last && { next: String(to - first) }) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', message: error.message, target: error.target };
    throw error;
  }
}

function filtered({ table, options, members }: QueryContext): readonly Row[] {
  const expression = options.get('$filter');
  if (expression === undefined) return table.rows;
  if (table.ingested)
    throw new Refusal('$filter', `'${table.metadata.name}' is an ingested table, which cannot be filtered.`);
  const parsed = parseFilter(expression);
  if (parsed.kind === 'invalid') throw new Refusal('$filter', parsed.message);
  const filter = renamed(parsed.filter, (kind, name) => {
    if (kind === 'field') return filterableField(table, name);
    if (!members.has(name)) throw new Refusal('$filter', `There is no segment '${name}'.`);
    return name;
  });
  const isMember = (segment: string, row: Row): boolean =>
    members.get(segment)?.has(row['CustomerId'] ?? null) === true;
  return table.rows.filter((row) => matches(filter, row, isMember));
}

function filterableField(table: EntityTable, field: string): string {
  const name = column(table, '$filter', field);
  const { searchProperties } = table.metadata.attributes.find((attribute) => attribute.name === name) ?? {};
  if (searchProperties?.isFilterable !== true) {
    throw new Refusal('$filter', `The property '${name}' is not in the search and filter index.`);
  }
  return name;
}

/** Only profiles can be searched. The term is in double quotes. */
function searched({ table, options }: QueryContext, rows: readonly Row[]): readonly Row[] {
  const term = options
    .get('$search')
    ?.replace(/^"(.*)"$/, '$1')
    .toLowerCase();
  if (term === undefined) return rows;
  if (table.metadata.name !== 'Customer') throw new Refusal('$search', `'${table.metadata.name}' cannot be searched.`);
  const searchable = table.metadata.attributes.filter(({ searchProperties }) => searchProperties.isSearchable);
  return rows.filter((row) =>
    searchable.some(({ name }) =>
      String(row[name] ?? '')
        .toLowerCase()
        .includes(term),
    ),
  );
}

function ordered({ table, options }: QueryContext, rows: readonly Row[]): readonly Row[] {
  const orders = commaSeparated(options.get('$orderby')).map((term) => {
    const [, field = '', direction = 'asc'] = /^(\w+)(?:\s+(asc|desc))?$/.exec(term) ?? [];
    return { name: column(table, '$orderby', field), sign: direction === 'desc' ? -1 : 1 };
  });
  const order = (a: Row, b: Row): number => {
    for (const { name, sign } of orders) {
      const difference = compareCells(a[name] ?? null, b[name] ?? null);
      if (difference !== 0) return difference * sign;
    }
    return 0;
  };
  return orders.length === 0 ? rows : [...rows].sort(order);
}

/** Missing values come first, as OData 4.01 §11.2.6.2 requires. */
function compareCells(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

function expanded({ table, options, expandable }: QueryContext, rows: readonly Row[]): readonly ResponseRow[] {
  const names = commaSeparated(options.get('$expand'));
  if (names.length === 0) return rows;
  if (options.has('$search')) throw new Refusal('$expand', '$expand is not supported with $search.');
  if ((options.get('$select') ?? '*') !== '*')
    throw new Refusal('$expand', '$expand is not supported with a partial $select.');
  const key = keyColumnOf(table.metadata);
  const tables = names.map((name) => {
    const expansion = expandable.find(({ metadata }) => metadata.name === name);
    if (expansion === undefined) throw new Refusal('$expand', `'${name}' cannot be expanded.`);
    return { name, rows: Map.groupBy(expansion.rows, (row) => row[key]) };
  });
  return rows.map((row) => ({
    ...row,
    ...Object.fromEntries(tables.map((expansion) => [expansion.name, expansion.rows.get(row[key]) ?? []])),
  }));
}

function selected({ table, options }: QueryContext, rows: readonly ResponseRow[]): ResponseRow[] {
  const names = commaSeparated(options.get('$select'));
  if (names.length === 0 || names.includes('*')) return [...rows];
  const columns = names.map((name) => column(table, '$select', name));
  return rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null])));
}

/**
 * The published examples write `customerid` for `CustomerId`, so names match in any letter case.
 */
function column({ metadata }: EntityTable, target: string, field: string): string {
  const found = metadata.attributes.find(({ name }) => name.toLowerCase() === field.toLowerCase());
  if (found === undefined) throw new Refusal(target, `'${metadata.name}' has no property '${field}'.`);
  return found.name;
}

function countOption({ options }: QueryContext, target: string, otherwise: number): number {
  const text = options.get(target);
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw new Refusal(target, `'${text}' is not a count.`);
  return Number(text);
}

function commaSeparated(option: string | undefined): string[] {
  return (option ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
