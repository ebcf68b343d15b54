import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { refusal, type Refusal } from '../shared/problem.ts';

const DEFAULT_TOP = 50;
const MAX_TOP = 100;

/** The parameters of any list. */
export const PAGE_QUERY = ['top', 'next'] as const;

export interface Page {
  readonly kind: 'page';
  readonly limit: number;
  readonly next?: string;
}

/** `top` and `next` of a list call. `next` is opaque: it comes from a `nextLink` and goes back unchanged. */
export function readPage(query: URLSearchParams): Page | Refusal {
  const top = query.get('top')?.trim() ?? '';
  const limit = top === '' ? DEFAULT_TOP : /^\d{1,4}$/.test(top) ? Number(top) : NaN;
  if (!(limit >= 1 && limit <= MAX_TOP))
    return refusal('query-invalid', `The parameter top must be a whole number from 1 to ${MAX_TOP}.`);
  const next = query.get('next');
  return { kind: 'page', limit, ...(next !== null && next !== '' && { next }) };
}

/** The answer of a list: `nextLink` keeps the filters of the call, and is on this service's own address. */
export function pageResponse(
  { query }: Pick<HttpRequest, 'query'>,
  { limit }: Page,
  listed: {
    readonly value: readonly unknown[];
    readonly next: string | undefined;
    readonly url: string;
    readonly lookedBackTo?: string;
  },
): HttpResponseInit {
  const { value, next, url, lookedBackTo } = listed;
  if (next === undefined) return { jsonBody: { value } };
  const again = new URLSearchParams([...query].filter(([name]) => !PAGE_PARAMETERS.has(name.toLowerCase())));
  again.set('top', String(limit));
  again.set('next', next);
  const nextLink = `${url}?${again.toString()}`;
  return { jsonBody: { value, nextLink, ...(lookedBackTo !== undefined && { lookedBackTo }) } };
}

/** What a link must not repeat: the page's own parameters, and the key that the caller may have sent. */
const PAGE_PARAMETERS = new Set(['top', 'next', 'code']);

/** What was read, unless the page's `next` is none: of a malformed one storage says so with a `RangeError`, before any request. */
export async function refusingNext<T extends object>({ next }: Page, reading: Promise<T>): Promise<T | Refusal> {
  try {
    return await reading;
  } catch (error) {
    if (next === undefined || !(error instanceof RangeError)) throw error;
    return refusal('query-invalid', 'The parameter next must be taken unchanged from a nextLink.');
  }
}
