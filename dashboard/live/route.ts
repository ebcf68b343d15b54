/** Where in the dashboard one is: all of it is in the address, so that a link shows a colleague the same. */
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
      readonly days: number;
      readonly open?: string;
    } & DeliverySearch)
  | { readonly view: 'search'; readonly q: string }
  | { readonly view: 'nowhere' };

/** As the operator API takes them; absent: any. */
export interface SubscriptionFilter {
  readonly instanceId?: string;
  readonly trigger?: string;
  readonly status?: string;
  readonly label?: string;
  readonly workflowId?: string;
}

/** What deliveries are narrowed to beside their status, as the operator API takes it; absent: any. */
export interface DeliverySearch {
  readonly q?: string;
  readonly instanceId?: string;
  readonly trigger?: string;
  readonly flow?: string;
  readonly deliveryCode?: string;
  readonly httpStatus?: string;
}

/** The statuses that the list of deliveries may be narrowed to. */
export const undeliveredStatuses = ['dead', 'retrying', 'parked', 'ended', 'delivered', 'pending', 'any'] as const;
export type DeliveryChoice = (typeof undeliveredStatuses)[number];

const searchNames = ['q', 'instanceId', 'trigger', 'flow', 'deliveryCode', 'httpStatus'] as const;
const filterNames = ['instanceId', 'trigger', 'status', 'label', 'workflowId'] as const;
/** How far back values and deliveries are shown. */
export const dayChoices = [1, 7, 14, 30] as const;
const DEFAULT_DAYS = 7;

/** Ids become parts of the operator API's paths: what a made-up link holds must not lead a call elsewhere. */
const IDS = /^[\w-]+$/;

/** The route of a location's hash; `nowhere` for one that is none. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const query = new URLSearchParams(search);
  const [view = '', id, ...more] = path.split('/').map(decoded);
  if (more.length > 0) return { view: 'nowhere' };
  if (view === '' && id === undefined) return { view: 'overview' };
  if (view === 'subscriptions' && id === undefined) return { view, filter: filterOf(query) };
  if (view === 'subscriptions' && id !== undefined && IDS.test(id)) {
    const at = query.get('at');
    return { view: 'subscription', id, days: daysOf(query), ...(at && { at }), ...openOf(query) };
  }
  if (view === 'deliveries' && id === undefined) {
    const status = undeliveredStatuses.find((one) => one === query.get('status')) ?? 'dead';
    return { view, status, days: daysOf(query), ...namedIn(query, searchNames), ...openOf(query) };
  }
  if (view === 'search' && id === undefined) return { view, q: query.get('q') ?? '' };
  return { view: 'nowhere' };
}

/** The hash that `parseRoute` reads as this route. */
export function hashOf(route: Route): string {
  switch (route.view) {
    case 'overview':
    case 'nowhere':
      return '#/';
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

/** The delivery that is opened over the view. */
function openOf(query: URLSearchParams): { readonly open?: string } {
  const open = query.get('open') ?? '';
  return IDS.test(open) ? { open } : {};
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
