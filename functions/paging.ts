import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Refusal } from '../shared/problem.ts';
import { readPageSize, parameterRefusal } from './query.ts';

const DEFAULT_TOP = 50;
const MAX_TOP = 100;

/** The query parameters of every list. */
export const PAGE_PARAMETERS = ['top', 'next'] as const;

export interface Page {
  readonly kind: 'page';
  readonly limit: number;
  readonly next?: string;
}

/**
 * Parses `top` and `next` of a list call. `next` is opaque: callers take it unchanged from a
 * `nextLink`.
 */
export function readPage(query: URLSearchParams): Page | Refusal {
  const top = readPageSize(query, 'top', { most: MAX_TOP, otherwise: DEFAULT_TOP });
  if (top.kind === 'refused') return top;
  const next = query.get('next');
  return { kind: 'page', limit: top.value, ...(next !== null && next !== '' && { next }) };
}

/**
 * The response of a list. `nextLink` is a URL on this service that keeps the filters of the call.
 */
export function pageResponse(
  { query }: Pick<HttpRequest, 'query'>,
  { limit }: Page,
  listed: {
    readonly value: readonly unknown[];
    readonly next: string | undefined;
    readonly url: string;
    /**
     * How far back this page and the ones before it have searched the deliveries of all events, as
     * a timestamp.
     */
    readonly lookedBackTo?: string;
    /** Present when the list does not cover everything, for instance not all instances. */
    readonly more?: true;
  },
): HttpResponseInit {
  const { value, next, url, lookedBackTo, more } = listed;
  if (next === undefined) return { jsonBody: { value, more } };
  const nextQuery = new URLSearchParams([...query].filter(([name]) => !NOT_REPEATED.has(name.toLowerCase())));
  nextQuery.set('top', String(limit));
  nextQuery.set('next', next);
  const nextLink = `${url}?${nextQuery.toString()}`;
  return { jsonBody: { value, nextLink, lookedBackTo, more } };
}

/**
 * Parameters that `nextLink` does not copy from the call: those of paging, and the caller's key.
 */
const NOT_REPEATED = new Set(['top', 'next', 'code']);

/**
 * Returns the result of `reading`, or a refusal if `next` is malformed. A malformed `next` causes a
 * `RangeError` before any storage request.
 */
export async function refuseMalformedNext<T extends object>({ next }: Page, reading: Promise<T>): Promise<T | Refusal> {
  try {
    return await reading;
  } catch (error) {
    if (next === undefined || !(error instanceof RangeError)) throw error;
    return parameterRefusal(
      'next',
      'is not one that this service gave. Leave it out to get the first page. For the next page, call the whole address in nextLink of the page before. In a flow, turn on Pagination in the settings of the action instead.',
    );
  }
}
