/** A column of a CSV file: its name and the value of a row. */
export type CsvColumn<T> = readonly [name: string, valueOf: (row: T) => string | number | undefined];

/**
 * The beginning of a text that a spreadsheet would run as a formula (owasp.org, CSV injection). A
 * spreadsheet in a country that separates cells by semicolons also begins a cell after each
 * semicolon, tab and line break, even between quotation marks. The wide forms are those of East
 * Asian keyboards. Numbers are left as they are.
 */
const FORMULA = /(^|[;\t\r\n])(?=[\s\p{Cc}\p{Cf}]*[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r])/gu;

/**
 * Formats rows as CSV (RFC 4180). What looks like a formula gets an apostrophe before it, so that
 * it stays text. Pure.
 */
export function csvOf<T>(columns: readonly CsvColumn<T>[], rows: readonly T[]): string {
  const lines = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, valueOf]) => valueOf(row)))];
  return lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function cell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = value.replace(FORMULA, `$&'`);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
