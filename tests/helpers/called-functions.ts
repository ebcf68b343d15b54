import { HttpRequest, InvocationContext, type HttpFunctionOptions, type HttpResponseInit } from '@azure/functions';
import type { Registrar } from '../../functions/registrar.ts';

export interface Asked {
  readonly method: string;
  /** Below `api/`, as it is sent. */
  readonly path: string;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallResult {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface CalledFunctions {
  /** Registers HTTP functions. Functions of queues and timers are ignored. */
  readonly registrar: Registrar;
  /** Calls the function whose route fits, as the host would: the first in the order of names. */
  ask(asked: Asked): Promise<CallResult>;
}

/** HTTP functions that are called in this process, without a host. */
export function calledFunctions(): CalledFunctions {
  const registered: { name: string; options: HttpFunctionOptions }[] = [];
  return {
    registrar: {
      http(name, options) {
        registered.push({ name, options });
        registered.sort((one, other) => (one.name < other.name ? -1 : 1));
      },
      storageQueue: () => undefined,
      timer: () => undefined,
    },
    async ask({ method, path, body, headers = {} }) {
      const address = new URL(`https://triggers.contoso.example/api/${path}`);
      for (const { name, options } of registered) {
        const params = options.methods?.includes(method as never) ? paramsOf(options.route ?? '', path) : undefined;
        if (params === undefined) continue;
        const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
        const request = new HttpRequest({
          method,
          url: address.href,
          params,
          query: Object.fromEntries(address.searchParams),
          headers: { ...(text !== undefined && { 'content-length': String(Buffer.byteLength(text)) }), ...headers },
          ...(text !== undefined && { body: { string: text } }),
        });
        const context = new InvocationContext({ functionName: name, invocationId: '1' });
        const answer = (await options.handler(request, context)) as HttpResponseInit;
        const sent = answer.body === undefined ? {} : (JSON.parse(answer.body as string) as CallResult['body']);
        return { status: answer.status ?? 200, body: sent };
      }
      throw new Error(`no function takes ${method} ${path}`);
    },
  };
}

/**
 * What a route's parameters stand for in a path; one layer of encoding is off, as behind the host.
 * `undefined`: it does not fit.
 */
function paramsOf(route: string, path: string): Record<string, string> | undefined {
  const [parts, given] = [route.split('/'), (path.split('?')[0] ?? '').split('/')];
  const isOptional = parts.at(-1)?.endsWith('?}') === true;
  if (given.length !== parts.length && !(isOptional && given.length === parts.length - 1)) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const value = given[at];
    if (part.startsWith('{')) {
      if (value !== undefined) params[part.replaceAll(/[{}?]/g, '')] = decodeURIComponent(value);
    } else if (part !== value) return undefined;
  }
  return params;
}
