import type { JSX } from 'preact';

/**
 * The head of a column that the list can be sorted by. A press sorts by it, another one reverses
 * the order.
 */
export function SortHeader({
  column,
  name,
  sort,
  onSort,
}: {
  readonly column: string;
  readonly name: string;
  /** The sorted column, with a minus sign before it when the order is descending. */
  readonly sort: string | undefined;
  readonly onSort: (sort: string) => void;
}): JSX.Element {
  const order = sort === column ? 'ascending' : sort === `-${column}` ? 'descending' : undefined;
  return (
    <th scope="col" aria-sort={order}>
      <button type="button" class="sort" onClick={() => onSort(order === 'ascending' ? `-${column}` : column)}>
        {name}
        <span aria-hidden="true">{order === 'ascending' ? ' ↑' : order === 'descending' ? ' ↓' : ''}</span>
      </button>
      {/* Narrow screens have no button here, and a screen reader still needs the name. */}
      <span class="unsorted">{name}</span>
    </th>
  );
}
