import { parseEventId } from '../shared/events/event-id.ts';
import { deliveryStatuses } from '../shared/operations/delivery.ts';
import { parseSubscriptionId } from '../shared/subscriptions/subscription-id.ts';
import { registerManageRoutes, type ManageRoute } from './operator-access.ts';
import { PAGE_QUERY, pageAnswer, readPage, refusingNext } from './paging.ts';
import { asFlag, readParameter, readSince } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const path = 'manage/deliveries';

/** Each delivery with its attempts, and one more attempt on demand. */
export function registerManageDeliveries(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageDeliveries-list',
      method: 'GET',
      route: path,
      query: ['eventId', 'subscriptionId', 'status', 'since', 'attempts', ...PAGE_QUERY],
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
      deliveryStatuses.find((one) => one === text),
    );
    if (status.kind === 'refused') return status;
    const since = readSince(query);
    if (since.kind === 'refused') return since;
    const withAttempts = readParameter(query, 'attempts', 'true or false', asFlag);
    if (withAttempts.kind === 'refused') return withAttempts;
    const filter = {
      withAttempts: withAttempts.value,
      eventId: eventId.value,
      subscriptionId: subscriptionId.value,
      status: status.value,
      sinceMs: since.value,
    };
    const listed = await refusingNext(page, backend.operator.listDeliveries(filter, page));
    if ('kind' in listed) return listed;
    const url = `${config.publicBaseUrl}/api/${path}`;
    return pageAnswer(request, page, { value: listed.deliveries, next: listed.next, url });
  };
}
