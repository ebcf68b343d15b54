import { refusal, type Refusal } from '../shared/problem.ts';

const DEFAULT_TOP = 50;
const MAX_TOP = 100;

/** `top` and `next` of a list call. `next` is opaque: it comes from a `nextLink` and goes back unchanged. */
export function readPage(query: URLSearchParams): { kind: 'page'; limit: number; next?: string } | Refusal {
  const top = query.get('top');
  const limit = top === null ? DEFAULT_TOP : /^\d{1,4}$/.test(top) ? Number(top) : NaN;
  if (!(limit >= 1 && limit <= MAX_TOP))
    return refusal('query-invalid', `top must be a whole number from 1 to ${MAX_TOP}.`);
  const next = query.get('next');
  return { kind: 'page', limit, ...(next !== null && next !== '' && { next }) };
}
