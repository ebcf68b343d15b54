import type { ItemQuery } from '../shared/insights/item-pages.ts';
import type { Refusal } from '../shared/problem.ts';
import { parameter, wholeNumber } from './query.ts';

/** Passed on as they are. `$top` and `$skip` are read, because pages are made of them. */
const passedOn = ['$filter', '$select', '$orderby', '$search', '$expand'];
export const ITEM_QUERY = ['$top', '$skip', ...passedOn];
const count = 'a whole number of at most nine digits';

/** The OData options of a call. */
export function readItemQuery(parameters: URLSearchParams): { kind: 'query'; query: ItemQuery } | Refusal {
  const top = parameter(parameters, '$top', count, wholeNumber);
  if (top.kind === 'refused') return top;
  const skip = parameter(parameters, '$skip', count, wholeNumber);
  if (skip.kind === 'refused') return skip;
  const options = Object.fromEntries(
    [...parameters].filter(([name, value]) => passedOn.includes(name) && value !== ''),
  );
  return { kind: 'query', query: { top: top.value, skip: skip.value ?? 0, options } };
}

/** The query that is read as `query` again. Blanks are `%20`: of a `+` not everybody knows which of the two it is. */
export function writeItemQuery({ skip, top, options }: ItemQuery): string {
  const all = { ...options, ...(top !== undefined && { $top: String(top) }), $skip: String(skip) };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');
}
