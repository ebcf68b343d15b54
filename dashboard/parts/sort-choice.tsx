import type { JSX } from 'preact';

/** Sorts a list on narrow screens, which show a row as a card and no heads of columns. */
export function SortChoice({
  columns,
  sort = '',
  onSort,
}: {
  readonly columns: readonly (readonly [column: string, name: string])[];
  /** The sorted column, with a minus sign before it when the order is descending. */
  readonly sort: string | undefined;
  /** Called with `undefined` for the order of storage. */
  readonly onSort: (sort: string | undefined) => void;
}): JSX.Element {
  const options = columns.flatMap(([column, name]) => [
    [column, `${name}, ascending`] as const,
    [`-${column}`, `${name}, descending`] as const,
  ]);
  return (
    <div class="filter sort-choice">
      <label>
        Sort by
        <select value={sort} onChange={({ currentTarget }) => onSort(currentTarget.value || undefined)}>
          <option value="">Instance and trigger</option>
          {options.map(([value, name]) => (
            <option key={value} value={value} selected={value === sort}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
