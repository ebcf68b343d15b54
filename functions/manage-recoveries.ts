import { validateRecoveryRequest } from '../shared/operations/start-recovery.ts';
import { registerManageRoutes } from './operator-access.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/**
 * Registers the routes that start a recovery and show its progress. A recovery sends the dead and
 * parked deliveries of many subscriptions again.
 */
export function registerManageRecoveries(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageRecoveries-start',
      method: 'POST',
      route: 'manage/recoveries',
      body: { check: validateRecoveryRequest, example: '{"since": "2026-11-30T10:32:00Z"}' },
      onlyReads: (body) => (body as { dryRun?: unknown } | null)?.dryRun === true,
      handle: async (_, body) => {
        const result = await operator.startRecovery(body);
        switch (result.kind) {
          case 'refused':
            return result;
          case 'started':
            return { status: 202, jsonBody: { recoveryId: result.recoveryId } };
          case 'counted': {
            const { kind, ...counts } = result;
            return { jsonBody: counts };
          }
        }
      },
    },
    {
      name: 'ManageRecoveries-get',
      method: 'GET',
      route: 'manage/recoveries/{id}',
      handle: async ({ params }) => {
        const found = await operator.getRecovery(params['id'] ?? '');
        return found.kind === 'found' ? { jsonBody: found.recovery } : found;
      },
    },
  ]);
}
