import type { Refusal } from '../shared/problem.ts';
import { parseEventId } from '../shared/events/event-id.ts';
import { deliveryStatuses } from '../shared/operations/delivery.ts';
import { parseSubscriptionId } from '../shared/subscriptions/subscription-id.ts';
import { registerManageRoutes, type ManageRoute } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { parseBoolean, readInstanceId, readInstant, readParameter, readSince, readTrigger } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const path = 'manage/deliveries';
const FILTERS = [
  'eventId',
  'subscriptionId',
  'status',
  'instanceId',
  'trigger',
  'flow',
  // Not named `code`, because the host reads a function key from that parameter.
  'deliveryCode',
  'httpStatus',
  'q',
  'since',
  'until',
] as const;
/** The maximum length of the filters `flow`, `deliveryCode` and `q`. */
const MAX_TEXT_LENGTH = 512;

/** Registers the operator's list of deliveries, one delivery with its attempts, and redelivery. */
export function registerManageDeliveries(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageDeliveries-list',
      method: 'GET',
      route: path,
      query: [...FILTERS, 'attempts', ...PAGE_PARAMETERS],
      handle: list(deps),
    },
    {
      name: 'ManageDeliveries-get',
      method: 'GET',
      route: `${path}/{id}`,
      handle: async ({ params }) => {
        const found = await operator.getDelivery(params['id'] ?? '');
        return found.kind === 'found' ? { jsonBody: found.delivery } : found;
      },
    },
    {
      name: 'ManageDeliveries-redeliver',
      method: 'POST',
      route: `${path}/{id}/redeliver`,
      handle: async ({ params }) => {
        const result = await operator.redeliver(params['id'] ?? '');
        if (result.kind === 'refused') return result;
        return { status: 202, jsonBody: { deliveryId: result.deliveryId } };
      },
    },
  ]);
}

function list({ backend, config }: HttpDeps): ManageRoute['handle'] {
  return async (request) => {
    const { query } = request;
    const page = readPage(query);
    if (page.kind === 'refused') return page;
    const eventId = readParameter(query, 'eventId', 'the id of an event', (text) =>
      parseEventId(text) ? text : undefined,
    );
    if (eventId.kind === 'refused') return eventId;
    const subscriptionId = readParameter(query, 'subscriptionId', 'the id of a subscription', (text) =>
      parseSubscriptionId(text) ? text : undefined,
    );
    if (subscriptionId.kind === 'refused') return subscriptionId;
    const status = readParameter(query, 'status', `one of ${deliveryStatuses.join(', ')}`, (text) =>
      deliveryStatuses.find((name) => name === text),
    );
    if (status.kind === 'refused') return status;
    const instanceId = readInstanceId(query);
    if (instanceId.kind === 'refused') return instanceId;
    const trigger = readTrigger(query);
    if (trigger.kind === 'refused') return trigger;
    const texts = readTexts(query, ['flow', 'deliveryCode', 'q']);
    if (texts.kind === 'refused') return texts;
    const httpStatus = readParameter(query, 'httpStatus', 'an HTTP status from 100 to 599', (text) =>
      /^[1-5]\d\d$/.test(text) ? Number(text) : undefined,
    );
    if (httpStatus.kind === 'refused') return httpStatus;
    const until = readInstant(query, 'until');
    if (until.kind === 'refused') return until;
    const since = readSince(query);
    if (since.kind === 'refused') return since;
    const withAttempts = readParameter(query, 'attempts', 'true or false', parseBoolean);
    if (withAttempts.kind === 'refused') return withAttempts;
    const filter = {
      withAttempts: withAttempts.value,
      eventId: eventId.value,
      subscriptionId: subscriptionId.value,
      status: status.value,
      instanceId: instanceId.value,
      trigger: trigger.value,
      flow: texts.values['flow'],
      code: texts.values['deliveryCode'],
      text: texts.values['q'],
      httpStatus: httpStatus.value,
      sinceMs: since.value,
      untilMs: until.value,
    };
    const listed = await refuseMalformedNext(page, backend.operator.listDeliveries(filter, page));
    if ('kind' in listed) return listed;
    const url = `${config.publicBaseUrl}/api/${path}`;
    const { deliveries: value, next, lookedBackTo, more } = listed;
    const extent = { ...(lookedBackTo !== undefined && { lookedBackTo }), ...(more && { more }) };
    return pageResponse(request, page, { value, next, url, ...extent });
  };
}

/** Parses text filters, which have a maximum length. */
function readTexts(
  query: URLSearchParams,
  names: readonly string[],
): { readonly kind: 'read'; readonly values: Readonly<Record<string, string | undefined>> } | Refusal {
  const values: Record<string, string | undefined> = {};
  for (const name of names) {
    const read = readParameter(query, name, `at most ${MAX_TEXT_LENGTH} characters`, (text) =>
      text.length <= MAX_TEXT_LENGTH ? text : undefined,
    );
    if (read.kind === 'refused') return read;
    values[name] = read.value;
  }
  return { kind: 'read', values };
}
