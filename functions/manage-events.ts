import { registerManageRoutes, type ManageRoute } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { readInstanceId, readSince, readTrigger } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const path = 'manage/events';

/** Registers the operator's list of events, and one event with the counts of its deliveries. */
export function registerManageEvents(app: Registrar, deps: HttpDeps): void {
  registerManageRoutes(app, deps, [
    {
      name: 'ManageEvents-list',
      method: 'GET',
      route: path,
      query: ['instanceId', 'trigger', 'since', ...PAGE_PARAMETERS],
      handle: list(deps),
    },
    {
      name: 'ManageEvents-get',
      method: 'GET',
      route: `${path}/{id}`,
      handle: async ({ params }) => {
        const found = await deps.backend.operator.getEvent(params['id'] ?? '');
        return found.kind === 'found' ? { jsonBody: found.event } : found;
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
    const since = readSince(request.query);
    if (since.kind === 'refused') return since;
    const filter = { instanceId: instanceId.value, trigger: trigger.value, sinceMs: since.value };
    const listed = await refuseMalformedNext(page, backend.operator.listEvents(filter, page));
    if ('kind' in listed) return listed;
    const url = `${config.publicBaseUrl}/api/${path}`;
    const { events: value, next, more } = listed;
    return pageResponse(request, page, { value, next, url, ...(more && { more }) });
  };
}
