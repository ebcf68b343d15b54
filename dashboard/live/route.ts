import { unreachable } from '../../shared/unreachable.ts';

/**
 * The current view with all its parameters. All of them are part of the URL, so that a link shows
 * the same view.
 */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'subscriptions'; readonly filter: SubscriptionFilter }
  | {
      readonly view: 'subscription';
      readonly id: string;
      readonly days: number;
      readonly at?: string;
      readonly open?: string;
    }
  | ({
      readonly view: 'deliveries';
      readonly status: DeliveryChoice;
      /** How far back the events go, unless `since` says it. */
      readonly days: number;
      /** ISO 8601, instead of `days`. */
      readonly since?: string;
      /** ISO 8601. Only with `since`. */
      readonly until?: string;
      readonly open?: string;
    } & DeliverySearch)
  | { readonly view: 'search'; readonly q: string }
  /** With the id of a recovery, its progress. */
  | { readonly view: 'recover'; readonly id?: string }
  | { readonly view: 'audit'; readonly days: number }
  | { readonly view: 'nowhere' };

/**
 * Filters of the subscription list, as parameters of the operator API. An absent filter means any.
 */
export interface SubscriptionFilter {
  readonly instanceId?: string;
  readonly trigger?: string;
  readonly status?: string;
  readonly label?: string;
  readonly workflowId?: string;
  /** A column, or `-` and a column for the reverse order. */
  readonly sort?: string;
}

/**
 * Filters of the delivery list except the status, as parameters of the operator API. An absent
 * filter means any.
 */
export interface DeliverySearch {
  readonly q?: string;
  readonly instanceId?: string;
  readonly trigger?: string;
  readonly flow?: string;
  readonly deliveryCode?: string;
  readonly httpStatus?: string;
}

/** The statuses in the filter of the delivery list. */
export const deliveryChoices = ['dead', 'retrying', 'parked', 'ended', 'delivered', 'pending', 'any'] as const;
export type DeliveryChoice = (typeof deliveryChoices)[number];

const searchNames = ['q', 'instanceId', 'trigger', 'flow', 'deliveryCode', 'httpStatus'] as const;
const filterNames = ['instanceId', 'trigger', 'status', 'label', 'workflowId', 'sort'] as const;
/** The choices for how many days are shown. */
export const dayChoices = [1, 7, 14, 30] as const;
const DEFAULT_DAYS = 7;

/**
 * Ids become parts of paths of the operator API, so a forged link must not be able to change the
 * path.
 */
const IDS = /^[\w-]+$/;

/** Parses a hash to a route. An invalid hash gives `nowhere`. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const query = new URLSearchParams(search);
  const [view = '', id, ...more] = path.split('/').map(decoded);
  if (more.length > 0) return { view: 'nowhere' };
  if (view === '' && id === undefined) return { view: 'overview' };
  if (view === 'subscriptions' && id === undefined) return { view, filter: filterOf(query) };
  if (view === 'subscriptions' && id !== undefined && IDS.test(id)) {
    const at = query.get('at');
    return { view: 'subscription', id, days: daysOf(query), ...(at && { at }), ...idIn(query, 'open') };
  }
  if (view === 'deliveries' && id === undefined) {
    const status = deliveryChoices.find((one) => one === query.get('status')) ?? 'dead';
    return {
      view,
      status,
      days: daysOf(query),
      ...spanOf(query),
      ...namedIn(query, searchNames),
      ...idIn(query, 'open'),
    };
  }
  if (view === 'audit' && id === undefined) return { view, days: daysOf(query) };
  if (view === 'recover' && id === undefined) return { view, ...idIn(query, 'id') };
  if (view === 'search' && id === undefined) return { view, q: query.get('q') ?? '' };
  return { view: 'nowhere' };
}

/** Formats a route as a hash that `parseRoute` parses to the same route. */
export function hashOf(route: Route): string {
  switch (route.view) {
    case 'overview':
    case 'nowhere':
      return '#/';
    case 'audit':
      return `#/audit${queryOf({ days: shownDays(route.days) })}`;
    case 'recover':
      return `#/recover${queryOf({ id: route.id })}`;
    case 'search':
      return `#/search${queryOf({ q: route.q })}`;
    case 'subscriptions':
      return `#/subscriptions${queryOf(route.filter)}`;
    case 'subscription':
      return `#/subscriptions/${encodeURIComponent(route.id)}${queryOf({ days: shownDays(route.days), at: route.at, open: route.open })}`;
    case 'deliveries': {
      const { view, days, ...rest } = route;
      return `#/deliveries${queryOf({ ...rest, days: shownDays(days) })}`;
    }
    default:
      return unreachable(route);
  }
}

function filterOf(query: URLSearchParams): SubscriptionFilter {
  return namedIn(query, filterNames);
}

function namedIn(query: URLSearchParams, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const value = query.get(name);
      return value ? [[name, value]] : [];
    }),
  );
}

/** An id in the URL. A text that is no id is ignored. */
function idIn<N extends 'id' | 'open'>(query: URLSearchParams, name: N): { readonly [K in N]?: string } {
  const id = query.get(name) ?? '';
  return (IDS.test(id) ? { [name]: id } : {}) as { readonly [K in N]?: string };
}

/** A time range in the URL. A time that cannot be parsed is ignored. */
function spanOf(query: URLSearchParams): { readonly since?: string; readonly until?: string } {
  const [since, until] = ['since', 'until'].map((name) => instantOf(query.get(name)));
  if (since === undefined) return {};
  return { since, ...(until !== undefined && { until }) };
}

function instantOf(text: string | null): string | undefined {
  const at = new Date(text ?? NaN);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

const DAY_MS = 86_400_000;

/** The time range of a list of deliveries, as parameters of the operator API. */
export function rangeOf(
  { days, since, until }: { readonly days: number; readonly since?: string; readonly until?: string },
  nowMs: number,
): { readonly since: string; readonly until?: string } {
  if (since === undefined) return { since: new Date(nowMs - days * DAY_MS).toISOString() };
  return { since, ...(until !== undefined && { until }) };
}

function daysOf(query: URLSearchParams): number {
  return dayChoices.find((days) => String(days) === query.get('days')) ?? DEFAULT_DAYS;
}

function shownDays(days: number): string | undefined {
  return days === DEFAULT_DAYS ? undefined : String(days);
}

function queryOf(parameters: object): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
