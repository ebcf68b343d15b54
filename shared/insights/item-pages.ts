import type { Clock } from '../clock.ts';
import { CustomerInsightsError } from './customer-insights.ts';
import type { EntityData, ItemOptions, Missing, Refused } from './entity-data.ts';
import type { JsonObject } from './json-fields.ts';

/**
 * Number of items on a page of the service
 * (learn.microsoft.com/dynamics365/customer-insights/data/odata-examples, "Limitations").
 */
const SERVICE_PAGE = 100;
/**
 * Maximum number of items in one response of this app. It keeps the response to a few megabytes.
 */
const MAX_ITEMS = 1_000;
/**
 * Maximum number of calls to Customer Insights for one response. Each counts against the limit of
 * calls per minute.
 */
const MAX_CALLS = 10;
/**
 * No further page is requested after this time, because a flow waits two minutes for a response.
 */
const MAX_READING_MS = 30_000;

export interface ItemQuery {
  readonly skip: number;
  /**
   * The total number of items requested. If absent, all items are requested, one page at a time.
   */
  readonly top: number | undefined;
  /** The other options by name, not encoded. */
  readonly options: ItemOptions;
}

export interface ItemList {
  readonly kind: 'items';
  readonly items: readonly JsonObject[];
  /** The query for the items after these. Absent when there are none. */
  readonly next: ItemQuery | undefined;
}

/**
 * Reads one full page of the service, or with `top` as many items as requested, up to `MAX_ITEMS`.
 * Pages are selected by `$skip`, the only way that the service documents. It documents neither a
 * link to the next page nor whether a page before the last can be short. So a short page is
 * followed by another call, and only an empty page is taken as the end. If the last page is full,
 * the list has a `next` query, which then returns an empty list.
 */
export async function readItems(
  { data, clock }: { data: Pick<EntityData, 'items'>; clock: Clock },
  instanceId: string,
  entityId: string,
  query: ItemQuery,
): Promise<ItemList | Missing | Refused> {
  const { skip, top, options } = query;
  const limit = top === undefined ? SERVICE_PAGE : Math.min(top, MAX_ITEMS);
  const startedAt = clock.now();
  let items: readonly JsonObject[] = [];
  let isEnd: boolean;
  let mayEnd = false;
  for (let calls = 1; ; calls += 1) {
    const requested = top === undefined ? undefined : limit - items.length;
    const from = skip + items.length;
    const page = await undefinedOnError(
      data.items(instanceId, entityId, {
        ...options,
        ...(from > 0 && { $skip: String(from) }),
        ...(requested !== undefined && { $top: String(requested) }),
      }),
      items.length > 0,
    );
    if (page === undefined || page.kind !== 'page') {
      // The items that were read so far are returned. A later request for the others will get the
      // error. But if the last page was short (`mayEnd`), a refusal of the next one means that it
      // was the end.
      if (page !== undefined && items.length === 0) return page;
      isEnd = page !== undefined && mayEnd;
      break;
    }
    isEnd = page.items.length === 0;
    mayEnd = !page.hasNext && page.items.length < Math.min(requested ?? SERVICE_PAGE, SERVICE_PAGE);
    items = items.concat(page.items.slice(0, requested));
    if (items.length >= limit || isEnd) break;
    if (calls === MAX_CALLS || clock.now() - startedAt > MAX_READING_MS) break;
  }
  if (isEnd || items.length === top) return { kind: 'items', items, next: undefined };
  const rest = top === undefined ? undefined : top - items.length;
  return { kind: 'items', items, next: { skip: skip + items.length, top: rest, options } };
}

async function undefinedOnError<T>(reading: Promise<T>, mayFail: boolean): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (mayFail && error instanceof CustomerInsightsError) return undefined;
    throw error;
  }
}
