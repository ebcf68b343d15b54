import type { SandboxResponse } from './response.ts';

/** A parsed call. */
export interface ApiRequest {
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON body. `undefined` when there is none. */
  readonly body: unknown;
  /** A decoded path parameter, by its name in the route. */
  readonly param: (name: string) => string;
}

export interface Route {
  readonly method: string;
  /** The path, with `{name}` for parameters. */
  readonly path: string;
  answer(request: ApiRequest): SandboxResponse;
}

/** A matching route with the decoded path parameters. */
export interface RouteMatch<R> {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The first matching route. `undefined` when no route matches or a part of the path cannot be
 * decoded.
 */
export function matchRoute<R extends { readonly method: string; readonly path: string }>(
  routes: readonly R[],
  method: string,
  pathname: string,
): RouteMatch<R> | undefined {
  const parts = pathname.split('/');
  for (const route of routes) {
    const params = route.method === method ? paramsOf(route.path.split('/'), parts) : undefined;
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function paramsOf(template: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (template.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const part = parts[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(expected)?.[1];
    if (name === undefined) {
      if (part !== expected) return undefined;
    } else {
      const value = decode(part);
      if (value === undefined || value === '') return undefined;
      params[name] = value;
    }
  }
  return params;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
