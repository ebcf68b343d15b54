import type { HttpRequest } from '@azure/functions';
import { subscribeExample } from '../shared/subscriptions/subscribe-example.ts';
import { subscriptionView } from '../shared/subscriptions/subscription-view.ts';
import { isTrigger, triggerNames, triggers, type Trigger } from '../shared/triggers/trigger.ts';
import { triggerUnknown } from './trigger-unknown.ts';
import { authenticated, type AuthenticatedHandle, type AuthenticatedOptions, type HttpDeps } from './authenticated.ts';
import { subscriberOf } from './caller.ts';
import { httpHandler, readJson } from './http.ts';
import { PAGE_PARAMETERS, readPage, refuseMalformedNext } from './paging.ts';
import type { Registrar } from './registrar.ts';

/** Registers subscribe, list, get and unsubscribe for each trigger. */
export function registerSubscriptions(app: Registrar, deps: HttpDeps): void {
  for (const trigger of triggerNames) {
    const { operationId } = triggers[trigger];
    const collection = `triggers/${trigger}/subscriptions`;
    const on = (
      name: string,
      method: 'GET' | 'POST' | 'DELETE',
      route: string,
      handle: AuthenticatedHandle,
      options: AuthenticatedOptions = {},
    ): void =>
      app.http(`${operationId}-${name}`, {
        methods: [method],
        authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
        route,
        handler: httpHandler(deps.log, authenticated(deps, handle, options)),
      });
    on('subscribe', 'POST', collection, subscribeTo(deps, trigger));
    on('list', 'GET', collection, list(deps, trigger), { query: PAGE_PARAMETERS });
    on('get', 'GET', `${collection}/{id}`, get(deps, trigger));
    // Unsubscribing must always work, so it accepts any query.
    on('unsubscribe', 'DELETE', `${collection}/{id}`, unsubscribe(deps, trigger), { unlimited: true, query: 'any' });
  }
  // The host matches routes in the alphabetical order of function names. `UnknownTrigger` sorts
  // after the functions of every trigger, so it receives the calls that match none of them.
  app.http('UnknownTrigger', {
    methods: ['GET', 'POST', 'DELETE'],
    authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
    route: 'triggers/{trigger}/subscriptions/{id?}',
    handler: httpHandler(deps.log, authenticated(deps, noSuchTrigger, { query: 'any' })),
  });
}

function noSuchTrigger(request: HttpRequest): ReturnType<AuthenticatedHandle> {
  // If the trigger exists, the method or the rest of the route is wrong. The response is then the
  // host's response to an unknown route.
  if (isTrigger((request.params['trigger'] ?? '').toLowerCase())) return Promise.resolve({ status: 404 });
  return Promise.resolve(triggerUnknown());
}

function subscribeTo({ backend, config }: HttpDeps, trigger: Trigger): AuthenticatedHandle {
  return async (request, connection) => {
    const read = await readJson(request, { name: 'The body', example: subscribeExample(trigger) });
    if (read.kind === 'refused') return read;
    const result = await backend.subscribe(subscriberOf(request, connection), trigger, read.body);
    if (result.kind === 'refused') return result;
    return {
      status: 201,
      headers: { location: `${config.publicBaseUrl}/api/triggers/${trigger}/subscriptions/${result.subscription.id}` },
      jsonBody: subscriptionView(result.subscription),
    };
  };
}

function list({ backend, config }: HttpDeps, trigger: Trigger): AuthenticatedHandle {
  return async (request, connection) => {
    const page = readPage(request.query);
    if (page.kind === 'refused') return page;
    const listed = await refuseMalformedNext(page, backend.listOwn(connection, trigger, page));
    if ('kind' in listed) return listed;
    const { views, next } = listed;
    const nextLink =
      next === undefined
        ? undefined
        : `${config.publicBaseUrl}/api/triggers/${trigger}/subscriptions?top=${page.limit}&next=${encodeURIComponent(next)}`;
    return { jsonBody: { value: views, ...(nextLink !== undefined && { nextLink }) } };
  };
}

function get({ backend }: HttpDeps, trigger: Trigger): AuthenticatedHandle {
  return async (request, connection) => {
    const found = await backend.getOwn(connection, trigger, request.params['id'] ?? '');
    return found.kind === 'found' ? { jsonBody: found.view } : found;
  };
}

function unsubscribe({ backend }: HttpDeps, trigger: Trigger): AuthenticatedHandle {
  return async (request, connection) => {
    await backend.unsubscribe(connection, trigger, request.params['id'] ?? '');
    return { status: 204 };
  };
}
