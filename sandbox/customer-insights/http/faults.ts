import { errorAnswer } from './answer.ts';
import type { Answer } from './answer.ts';

/** How a call goes wrong. */
export type FaultKind =
  /** Answers this status. `retryAfter` is sent as it is: seconds or an HTTP date. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string | number }
  /** Never answers. */
  | { readonly kind: 'hang' }
  /** Answers as always, but only after a while, or when the faults are cleared. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Drops the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Status 200 with JSON that breaks off. */
  | { readonly kind: 'garbage' }
  /** Status 200 with a page for people, as a proxy in between sends it. */
  | { readonly kind: 'html' }
  /** Status 200 without a body. */
  | { readonly kind: 'empty' };

/** Which calls go wrong, and how. */
export interface Fault {
  readonly fault: FaultKind;
  /** Calls still to be hit. */
  times: number;
  readonly method?: string;
  /** Only calls whose path and query (as sent) contain this. */
  readonly pathIncludes?: string;
}

/** Takes the first fault that hits the call off the list, once; `undefined`: the call goes well. */
export function takeFault(faults: Fault[], method: string, pathAndQuery: string): FaultKind | undefined {
  const index = faults.findIndex(
    (fault) =>
      (fault.method === undefined || fault.method === method) && pathAndQuery.includes(fault.pathIncludes ?? ''),
  );
  const hit = faults[index];
  if (hit === undefined) return undefined;
  hit.times -= 1;
  if (hit.times < 1) faults.splice(index, 1);
  return hit.fault;
}

/** The answer of a fault that has one. 401, 429 and 503 are declared without a body. */
export function faultAnswer(fault: FaultKind, pathname: string): Answer | undefined {
  switch (fault.kind) {
    case 'status': {
      const { status, retryAfter } = fault;
      const headers = {
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
        ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      };
      if (status < 400 || status === 401 || status === 429 || status === 503) return { status, headers };
      return {
        ...errorAnswer(pathname, { status, errorCode: 'apiInternalError', message: 'The sandbox was told to fail.' }),
        headers,
      };
    }
    case 'garbage':
      return { status: 200, headers: { 'content-type': 'application/json' }, text: '[{"jobId": "0f1e2d3c-' };
    case 'html':
      return { status: 200, headers: { 'content-type': 'text/html' }, text: '<!doctype html><title>Sign in</title>' };
    case 'empty':
      return { status: 200 };
    case 'hang':
    case 'slow':
    case 'reset':
      return undefined;
  }
}
