import { unreachable } from '../../../shared/unreachable.ts';
import { errorResponse } from './response.ts';
import type { SandboxResponse } from './response.ts';

/** How a call fails. */
export type FaultKind =
  /** Responds with this status. `retryAfter` is sent unchanged: seconds or an HTTP date. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string | number }
  /** Never responds. */
  | { readonly kind: 'hang' }
  /** Responds correctly after a delay, or when the faults are cleared. */
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Closes the connection without a response. */
  | { readonly kind: 'reset' }
  /** Status 200 with truncated JSON. */
  | { readonly kind: 'garbage' }
  /** Status 200 with an HTML page, as a proxy would send it. */
  | { readonly kind: 'html' }
  /** Status 200 without a body. */
  | { readonly kind: 'empty' };

/** Which calls fail, and how. */
export interface Fault {
  readonly fault: FaultKind;
  /** The number of calls that will still fail. */
  times: number;
  readonly method?: string;
  /** Only calls whose path and query (as sent) contain this text. */
  readonly pathIncludes?: string;
}

/**
 * Returns the first fault that matches the call and uses it once. `undefined` when the call
 * succeeds.
 */
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

/**
 * The response of a fault, for kinds that have one. 401, 429 and 503 are declared without a body.
 */
export function faultResponse(fault: FaultKind, pathname: string): SandboxResponse | undefined {
  switch (fault.kind) {
    case 'status': {
      const { status, retryAfter } = fault;
      const headers = {
        ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
        ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      };
      if (status < 400 || status === 401 || status === 429 || status === 503) return { status, headers };
      return {
        ...errorResponse(pathname, {
          status,
          errorCode: 'apiInternalError',
          message: 'This failure was requested through the control API.',
        }),
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
    default:
      return unreachable(fault);
  }
}
