/** A column of a CSV file: its name and the value of a row. */
export type CsvColumn<T> = readonly [name: string, valueOf: (row: T) => string | number | undefined];

/** A text that a spreadsheet would run as a formula (owasp.org, CSV injection). Numbers are left as they are. */
const FORMULA = /^[\s\p{Cc}]*[=+\-@\t\r]/u;

/** Formats rows as CSV (RFC 4180). A text that looks like a formula gets an apostrophe before it, so that it stays text. Pure. */
export function csvOf<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, valueOf]) => valueOf(row)))];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
