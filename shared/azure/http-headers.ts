import type { HttpHeaders } from './pipeline.ts';

/**
 * Makes `HttpHeaders` of headers whose names are in lower case. Of several values of a name, the
 * first counts.
 */
export function httpHeaders(initial: Readonly<Record<string, string | string[] | undefined>>): HttpHeaders {
  const values = new Map<string, string>();
  for (const name in initial) {
    const value = initial[name];
    const text = typeof value === 'object' ? value[0] : value;
    if (text !== undefined) values.set(name, text);
  }
  return {
    get: (name) => values.get(name.toLowerCase()),
    has: (name) => values.has(name.toLowerCase()),
    set: (name, value) => void values.set(name.toLowerCase(), String(value).trim()),
    delete: (name) => void values.delete(name.toLowerCase()),
    toJSON: () => Object.fromEntries(values),
    [Symbol.iterator]: () => values[Symbol.iterator](),
  };
}
