import type { JSX } from 'preact';
import { csvOf, type CsvColumn } from '../live/csv.ts';

/** A byte order mark, by which spreadsheets recognise UTF-8. */
const BYTE_ORDER_MARK = '\ufeff';

/** A button that saves the listed rows as a CSV file. */
export function CsvButton<T>({
  name,
  columns,
  rows,
}: {
  /** The name of the file, without its ending. */
  readonly name: string;
  readonly columns: readonly CsvColumn<T>[];
  readonly rows: readonly T[];
}): JSX.Element {
  const save = (): void => {
    const file = new Blob([BYTE_ORDER_MARK, csvOf(columns, rows)], { type: 'text/csv;charset=utf-8' });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(file);
    link.download = `${name}-${new Date().toISOString().slice(0, 10)}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" class="small" onClick={save}>
      Save as CSV
    </button>
  );
}
