/** The route of a function, split at its slashes. */
export type RouteTemplate = readonly RouteSegment[];

type RouteSegment =
  /** Compared in any letter case. */
  | { readonly kind: 'literal'; readonly text: string }
  /** `{name}`, or `{name?}` when optional: one segment. */
  | { readonly kind: 'parameter'; readonly name: string; readonly optional: boolean }
  /** `{*name}`: the rest of the path, possibly empty. */
  | { readonly kind: 'rest'; readonly name: string };

/**
 * Parses a route template, or returns why it cannot. Of ASP.NET's syntax this host supports `{x}`,
 * `{x?}` and `{*rest}`. Constraints, defaults and several parameters in one segment are refused,
 * because they would match wrongly.
 */
export function parseRouteTemplate(
  template: string,
): { kind: 'template'; template: RouteTemplate } | { kind: 'invalid'; reason: string } {
  const segments: RouteSegment[] = [];
  const parts = template === '' ? [] : template.split('/');
  for (const [index, text] of parts.entries()) {
    const parameter = /^\{(\*?)([A-Za-z_]\w*)(\??)\}$/.exec(text);
    const last = index === parts.length - 1;
    if (text === '') return invalid(template, 'has an empty segment');
    if (!parameter) {
      if (/[{}]/.test(text)) return invalid(template, `uses "${text}", which this host does not know`);
      segments.push({ kind: 'literal', text });
      continue;
    }
    const [, star, name = '', mark] = parameter;
    if ((star || mark) && !last) return invalid(template, `has "${text}" before its end`);
    segments.push(star ? { kind: 'rest', name } : { kind: 'parameter', name, optional: mark === '?' });
  }
  return { kind: 'template', template: segments };
}

/**
 * The parameters of a matching path (decoded, beginning with a slash), `undefined` for another
 * path. A trailing slash is accepted, an empty segment is not. An optional parameter without a
 * value is absent.
 */
export function matchRoute(template: RouteTemplate, path: string): Record<string, string> | undefined {
  const parts = path === '/' ? [] : path.replace(/\/$/, '').slice(1).split('/');
  if (parts.includes('')) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of template.entries()) {
    const part = parts[index];
    if (segment.kind === 'rest') {
      if (part !== undefined) params[segment.name] = parts.slice(index).join('/');
      return params;
    }
    if (segment.kind === 'parameter') {
      if (part !== undefined) params[segment.name] = part;
      else if (!segment.optional) return undefined;
    } else if (part?.toUpperCase() !== segment.text.toUpperCase()) {
      return undefined;
    }
  }
  return parts.length <= template.length ? params : undefined;
}

function invalid(template: string, reason: string): { kind: 'invalid'; reason: string } {
  return { kind: 'invalid', reason: `The route template "${template}" ${reason}.` };
}
