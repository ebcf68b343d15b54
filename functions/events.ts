import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { allowsInstance, instanceNotAllowed } from '../shared/allowed-instances.ts';
import { systemClock } from '../shared/clock.ts';
import { emptyChoiceSentence } from '../shared/card-sentence.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import { httpHandler } from './http.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { readInstanceId, readSince } from './query.ts';
import type { Registrar } from './registrar.ts';
import { authenticated, type HttpDeps } from './authenticated.ts';

/** How far back the list goes when the parameter `since` is absent. */
const DEFAULT_SINCE_MS = 24 * 3600 * 1000;

/**
 * Registers the list of an instance's recent events. A flow can read it to handle events that it
 * missed.
 */
export function registerEvents(app: Registrar, deps: HttpDeps): void {
  app.http('ListEvents', {
    methods: ['GET'],
    authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
    route: 'events',
    handler: httpHandler(
      deps.log,
      authenticated(deps, (request) => list(deps, request), { query: ['instanceId', 'since', ...PAGE_PARAMETERS] }),
    ),
  });
}

async function list({ backend, config }: HttpDeps, request: HttpRequest): Promise<HttpResponseInit | Refusal> {
  const page = readPage(request.query);
  if (page.kind === 'refused') return page;
  const instance = readInstanceId(request.query);
  if (instance.kind === 'refused') return instance;
  if (instance.value === undefined)
    return refusal('query-invalid', emptyChoiceSentence('instanceId'), { parameter: 'instanceId' });
  if (!allowsInstance(config.allowedInstances, instance.value)) return instanceNotAllowed();
  const since = readSince(request.query);
  if (since.kind === 'refused') return since;
  const sinceMs = since.value ?? systemClock.now() - DEFAULT_SINCE_MS;
  const listed = await refuseMalformedNext(page, backend.listEvents(instance.value, sinceMs, page));
  if ('kind' in listed) return listed;
  const url = `${config.publicBaseUrl}/api/events`;
  return pageResponse(request, page, { value: listed.events, next: listed.next, url });
}
