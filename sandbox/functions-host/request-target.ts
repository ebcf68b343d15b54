/** The target of a request as the real host's web server (Kestrel) passes it on. */
export interface RequestTarget {
  /** Percent-decoded once, except that `%2F` stays. Without `.` and `..`. Begins with a slash. */
  readonly path: string;
  /** The query as sent, with its question mark. Empty when there is none. */
  readonly search: string;
  /**
   * One value per name. Values of a repeated name are joined with a comma. Names are compared in
   * any letter case.
   */
  readonly query: ReadonlyMap<string, string>;
}

/** Parses the target of the request line, which begins with a slash. */
export function readRequestTarget(target: string): RequestTarget {
  const mark = target.indexOf('?');
  const rawPath = mark < 0 ? target : target.slice(0, mark);
  const search = mark < 0 ? '' : target.slice(mark);
  return { path: withoutDots(percentDecode(rawPath, { keepSlash: true })), search, query: foldQuery(search.slice(1)) };
}

/**
 * A decoded path as part of a request's URL: escaped where necessary, valid escapes unchanged. So
 * `%2F` stays, and `%252F` has become `%2F` too.
 */
export function encodePath(path: string): string {
  return path.replace(/%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,;=:@/]+/g, (match) => {
    return match.length === 3 && match.startsWith('%') ? match : encodeURIComponent(match.toWellFormed());
  });
}

function foldQuery(query: string): Map<string, string> {
  const folded = new Map<string, { name: string; value: string }>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const [name = '', ...rest] = pair.replaceAll('+', ' ').split('=');
    const parameter = { name: percentDecode(name), value: percentDecode(rest.join('=')) };
    const before = folded.get(parameter.name.toUpperCase());
    folded.set(
      parameter.name.toUpperCase(),
      before ? { ...parameter, value: `${before.value},${parameter.value}` } : parameter,
    );
  }
  return new Map([...folded.values()].map(({ name, value }) => [name, value]));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes escapes. A sequence of escapes that is not UTF-8 stays as sent. */
function percentDecode(text: string, { keepSlash = false } = {}): string {
  const escapes = keepSlash ? /(?:%(?!2[Ff])[0-9A-Fa-f]{2})+/g : /(?:%[0-9A-Fa-f]{2})+/g;
  return text.replace(escapes, (run) => {
    try {
      return utf8.decode(Buffer.from(run.replaceAll('%', ''), 'hex'));
    } catch {
      return run;
    }
  });
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const parts = path.split('/').slice(1);
  for (const [index, part] of parts.entries()) {
    if (part === '..') kept.pop();
    else if (part !== '.') kept.push(part);
    if ((part === '.' || part === '..') && index === parts.length - 1) kept.push('');
  }
  return `/${kept.join('/')}`;
}
