import type { HttpRequest } from '@azure/functions';
import { validateRecoverRequest } from '../shared/operations/recover.ts';
import { validateMoveRequest } from '../shared/subscriptions/move-connection.ts';
import { shownStatuses } from '../shared/subscriptions/subscription-list.ts';
import { parseSort, sortColumns } from '../shared/subscriptions/sorted-subscriptions.ts';
import { registerManageRoutes, type ManageRoute } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { parseBoolean, readCount, readInstanceId, readParameter, readTrigger } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const path = 'manage/subscriptions';
/** The default and the maximum time range of the list of observations, in days. */
const DEFAULT_DAYS = 7;
const MAX_DAYS = 30;
const idOf = ({ params }: HttpRequest): string => params['id'] ?? '';

/**
 * Registers the operator's routes for the subscriptions of all connections: list, get, pause,
 * resume, end, test, recover (send its lost deliveries again), move (to another connection), and
 * its observations (recent values, and why each fired or not).
 */
export function registerManageSubscriptions(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageSubscriptions-list',
      method: 'GET',
      route: path,
      query: [
        'instanceId',
        'trigger',
        'status',
        'byOperator',
        'failing',
        'label',
        'workflowId',
        'activity',
        'sort',
        ...PAGE_PARAMETERS,
      ],
      handle: list(deps),
    },
    {
      name: 'ManageSubscriptions-get',
      method: 'GET',
      route: `${path}/{id}`,
      handle: async (request) => {
        const found = await operator.getSubscription(idOf(request));
        return found.kind === 'found' ? { jsonBody: found.subscription } : found;
      },
    },
    {
      name: 'ManageSubscriptions-observations',
      method: 'GET',
      route: `${path}/{id}/observations`,
      query: ['days'],
      handle: async (request) => {
        const days = readCount(request.query, 'days', { most: MAX_DAYS, otherwise: DEFAULT_DAYS });
        if (days.kind === 'refused') return days;
        const found = await operator.observations(idOf(request), days.value);
        if (found.kind === 'refused') return found;
        const { kind, ...observations } = found;
        return { jsonBody: observations };
      },
    },
    {
      name: 'ManageSubscriptions-end',
      method: 'DELETE',
      route: `${path}/{id}`,
      handle: async (request) => {
        const ended = await operator.endSubscription(idOf(request));
        return ended.kind === 'ended' ? { status: 204 } : ended;
      },
    },
    {
      name: 'ManageSubscriptions-pause',
      method: 'POST',
      route: `${path}/{id}/pause`,
      handle: async (request) => {
        const paused = await operator.pauseSubscription(idOf(request));
        if (paused.kind === 'refused') return paused;
        return {
          status: 202,
          jsonBody: { subscriptionId: paused.subscriptionId, status: 'disabled', reason: 'operator' },
        };
      },
    },
    {
      name: 'ManageSubscriptions-resume',
      method: 'POST',
      route: `${path}/{id}/resume`,
      handle: async (request) => {
        const resumed = await operator.resumeSubscription(idOf(request));
        if (resumed.kind === 'refused') return resumed;
        return { status: 202, jsonBody: { subscriptionId: resumed.subscriptionId, status: 'active' } };
      },
    },
    {
      name: 'ManageSubscriptions-test',
      method: 'POST',
      route: `${path}/{id}/test`,
      handle: async (request) => {
        const sent = await operator.sendTest(idOf(request));
        return sent.kind === 'sent' ? { status: 202, jsonBody: { deliveryId: sent.deliveryId } } : sent;
      },
    },
    {
      name: 'ManageSubscriptions-recover',
      method: 'POST',
      route: `${path}/{id}/recover`,
      body: { check: validateRecoverRequest, example: '{"since": "2026-11-30T10:32:00Z"}' },
      handle: async (request, body) => {
        const result = await operator.recover(idOf(request), body);
        if (result.kind === 'refused') return result;
        return { status: 202, jsonBody: { recovered: result.recovered, more: result.more } };
      },
    },
    {
      name: 'ManageConnections-move',
      method: 'POST',
      route: 'manage/connections/move',
      body: { check: validateMoveRequest, example: '{"from": "key-…", "to": "key-…"}' },
      handle: async (_, body) => {
        const result = await operator.moveConnection(body);
        return result.kind === 'moved' ? { jsonBody: { moved: result.moved } } : result;
      },
    },
  ]);
}

function list({ backend, config }: HttpDeps): ManageRoute['handle'] {
  return async (request) => {
    const page = readPage(request.query);
    if (page.kind === 'refused') return page;
    const instanceId = readInstanceId(request.query);
    if (instanceId.kind === 'refused') return instanceId;
    const trigger = readTrigger(request.query);
    if (trigger.kind === 'refused') return trigger;
    const status = readParameter(request.query, 'status', `one of ${shownStatuses.join(', ')}`, (text) =>
      shownStatuses.find((name) => name === text),
    );
    if (status.kind === 'refused') return status;
    const byOperator = readParameter(request.query, 'byOperator', 'true or false', parseBoolean);
    if (byOperator.kind === 'refused') return byOperator;
    const failing = readParameter(request.query, 'failing', 'true or false', parseBoolean);
    if (failing.kind === 'refused') return failing;
    const label = readParameter(request.query, 'label', '', (text) => text);
    if (label.kind === 'refused') return label;
    const workflowId = readParameter(request.query, 'workflowId', '', (text) => text);
    if (workflowId.kind === 'refused') return workflowId;
    const withActivity = readParameter(request.query, 'activity', 'true or false', parseBoolean);
    if (withActivity.kind === 'refused') return withActivity;
    const sort = readParameter(
      request.query,
      'sort',
      `one of ${sortColumns.join(', ')}, with a minus sign before it for the reverse order`,
      parseSort,
    );
    if (sort.kind === 'refused') return sort;
    const filter = {
      instanceId: instanceId.value,
      trigger: trigger.value,
      status: status.value,
      byOperator: byOperator.value,
      failing: failing.value,
      label: label.value,
      workflowId: workflowId.value,
    };
    const listed = await refuseMalformedNext(
      page,
      backend.operator.listSubscriptions(filter, page, { withActivity: withActivity.value, sort: sort.value }),
    );
    if ('kind' in listed) return listed;
    const url = `${config.publicBaseUrl}/api/${path}`;
    // `next`: there is another page. `more`: a sorted list lacks subscriptions that were not read.
    const { subscriptions: value, next, more } = listed;
    return pageResponse(request, page, { value, next, url, ...(more && { more }) });
  };
}
