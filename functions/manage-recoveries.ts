import { validateRecoveryRequest } from '../shared/operations/start-recovery.ts';
import { registerManageRoutes } from './operator-access.ts';
import { PAGE_PARAMETERS, pageResponse, readPage, refuseMalformedNext } from './paging.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

const path = 'manage/recoveries';

/**
 * Registers the routes that start a recovery, show its progress and list recoveries. A recovery
 * sends the lost deliveries (dead and parked ones) of many subscriptions again.
 */
export function registerManageRecoveries(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageRecoveries-start',
      method: 'POST',
      route: path,
      body: { check: validateRecoveryRequest, example: '{"since": "2026-11-30T10:32:00Z"}' },
      recoveryIdOf: ({ jsonBody }) => (jsonBody as { recoveryId?: string } | undefined)?.recoveryId,
      onlyReads: (body) => (body as { dryRun?: unknown } | null)?.dryRun === true,
      handle: async (_, body) => {
        const result = await operator.startRecovery(body);
        switch (result.kind) {
          case 'refused':
            return result;
          case 'started':
            return { status: 202, jsonBody: { recoveryId: result.recoveryId } };
          // A dry run only counts the deliveries that a recovery would send.
          case 'counted': {
            const { kind, ...counts } = result;
            return { jsonBody: counts };
          }
        }
      },
    },
    {
      name: 'ManageRecoveries-list',
      method: 'GET',
      route: path,
      query: PAGE_PARAMETERS,
      handle: async (request) => {
        const page = readPage(request.query);
        if (page.kind === 'refused') return page;
        const listed = await refuseMalformedNext(page, operator.listRecoveries(page));
        if ('kind' in listed) return listed;
        const { recoveries: value, next, more } = listed;
        const url = `${deps.config.publicBaseUrl}/api/${path}`;
        return pageResponse(request, page, { value, next, url, ...(more && { more }) });
      },
    },
    {
      name: 'ManageRecoveries-get',
      method: 'GET',
      route: `${path}/{id}`,
      handle: async ({ params }) => {
        const found = await operator.getRecovery(params['id'] ?? '');
        return found.kind === 'found' ? { jsonBody: found.recovery } : found;
      },
    },
  ]);
}
