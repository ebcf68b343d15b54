import type { Clock } from '../clock.ts';
import { CustomerInsightsError } from './customer-insights.ts';
import type { EntityData, ItemOptions, Missing, Refused } from './entity-data.ts';
import type { JsonObject } from './json-fields.ts';

/** Items of one page (learn.microsoft.com/dynamics365/customer-insights/data/odata-examples, "Limitations"). */
const SERVICE_PAGE = 100;
/** Items of one answer of ours, so that it stays within some megabytes. */
const MAX_ITEMS = 1_000;
/** Calls to the service for one answer of ours: of the calls that it allows in a minute, each counts. */
const MAX_CALLS = 10;
/** No further page is begun after this long: a flow waits for an answer for two minutes. */
const PATIENCE_MS = 30_000;

export interface ItemQuery {
  readonly skip: number;
  /** How many items are wanted in all; absent: all there are, about a hundred at a time. */
  readonly top: number | undefined;
  /** The other options, by name, as they are meant. */
  readonly options: ItemOptions;
}

export interface ItemList {
  readonly kind: 'items';
  readonly items: readonly JsonObject[];
  /** What asks for the items behind these; absent when there are none. */
  readonly next: ItemQuery | undefined;
}

/**
 * Reads items: as many as a full page of the service, or with `top` as many as are wanted, up to a bound. Pages are told apart by `$skip`, the
 * only way that the service documents. How long a page is, and whether it says that there is another, is documented nowhere: so only an empty
 * page is the end, and a short one is followed by a further call. The list behind a last page that happens to be full is empty.
 */
export async function readItems(
  { data, clock }: { data: Pick<EntityData, 'items'>; clock: Clock },
  instanceId: string,
  entityId: string,
  query: ItemQuery,
): Promise<ItemList | Missing | Refused> {
  const { skip, top, options } = query;
  const enough = top === undefined ? SERVICE_PAGE : Math.min(top, MAX_ITEMS);
  const startedAt = clock.now();
  let items: readonly JsonObject[] = [];
  let isEnd: boolean;
  let mayEnd = false;
  for (let calls = 1; ; calls += 1) {
    const asked = top === undefined ? undefined : enough - items.length;
    const from = skip + items.length;
    const page = await orNothing(
      data.items(instanceId, entityId, {
        ...options,
        ...(from > 0 && { $skip: String(from) }),
        ...(asked !== undefined && { $top: String(asked) }),
      }),
      items.length > 0,
    );
    if (page === undefined || page.kind !== 'page') {
      // What was read is handed out; who asks for the rest is told what is wrong. Behind a page that looked like the last, a refusal says that it was.
      if (page !== undefined && items.length === 0) return page;
      isEnd = page !== undefined && mayEnd;
      break;
    }
    isEnd = page.items.length === 0;
    mayEnd = !page.hasNext && page.items.length < Math.min(asked ?? SERVICE_PAGE, SERVICE_PAGE);
    items = items.concat(page.items.slice(0, asked));
    if (items.length >= enough || isEnd) break;
    if (calls === MAX_CALLS || clock.now() - startedAt > PATIENCE_MS) break;
  }
  if (isEnd || items.length === top) return { kind: 'items', items, next: undefined };
  const rest = top === undefined ? undefined : top - items.length;
  return { kind: 'items', items, next: { skip: skip + items.length, top: rest, options } };
}

async function orNothing<T>(reading: Promise<T>, mayFail: boolean): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (mayFail && error instanceof CustomerInsightsError) return undefined;
    throw error;
  }
}
