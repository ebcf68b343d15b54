import { registerManageRoutes } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import { readSince } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const path = 'manage/audit';

/** Registers the list of operators' actions (the audit log). */
export function registerManageAudit(app: Registrar, deps: HttpDeps): void {
  const { backend, config } = deps;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageAudit-list',
      method: 'GET',
      route: path,
      query: ['since', ...PAGE_PARAMETERS],
      handle: async (request) => {
        const page = readPage(request.query);
        if (page.kind === 'refused') return page;
        const since = readSince(request.query);
        if (since.kind === 'refused') return since;
        const listed = await refuseMalformedNext(page, backend.audit.list({ sinceMs: since.value }, page));
        if ('kind' in listed) return listed;
        const url = `${config.publicBaseUrl}/api/${path}`;
        return pageResponse(request, page, { value: listed.entries, next: listed.next, url });
      },
    },
  ]);
}
