import type { ItemQuery } from '../shared/insights/item-pages.ts';
import type { Refusal } from '../shared/problem.ts';
import { readParameter, WHOLE_NUMBER, parseWholeNumber } from './query.ts';

/**
 * Options that Customer Insights receives unchanged. `$top` and `$skip` are parsed, because paging
 * changes them.
 */
const forwardedOptions = ['$filter', '$select', '$orderby', '$search', '$expand'];
/** The query parameters of the route that lists items. */
export const ITEM_PARAMETERS = ['$top', '$skip', ...forwardedOptions];

const ALL_ITEMS =
  'To get all items, leave it empty, turn on Pagination in the settings of the action, and enter there how many items you want at most.';

/** Parses the OData options of a call that lists items. */
export function readItemQuery(parameters: URLSearchParams): { kind: 'query'; query: ItemQuery } | Refusal {
  const top = readParameter(parameters, '$top', { form: WHOLE_NUMBER, advice: ALL_ITEMS }, parseWholeNumber);
  if (top.kind === 'refused') return top;
  const skip = readParameter(parameters, '$skip', WHOLE_NUMBER, parseWholeNumber);
  if (skip.kind === 'refused') return skip;
  const options = Object.fromEntries(
    [...parameters].filter(([name, value]) => forwardedOptions.includes(name) && value !== ''),
  );
  return { kind: 'query', query: { top: top.value, skip: skip.value ?? 0, options } };
}

/**
 * Formats `query` as a query string that `readItemQuery` parses to the same query. Spaces are
 * encoded as `%20`, because some clients do not read `+` as a space.
 */
export function writeItemQuery({ skip, top, options }: ItemQuery): string {
  const all = { ...options, ...(top !== undefined && { $top: String(top) }), $skip: String(skip) };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');
}
