import { registerManageRoutes } from './operator-access.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/**
 * Registers the operator's list of queues, and the redrive. The host moves a message that failed
 * five times from its work queue to the poison queue. The redrive sends it back.
 */
export function registerManageQueues(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageQueues-list',
      method: 'GET',
      route: 'manage/queues',
      handle: async () => ({ jsonBody: { value: await operator.queues() } }),
    },
    {
      name: 'ManageQueues-redrive',
      method: 'POST',
      route: 'manage/queues/{queue}/redrive',
      handle: async ({ params }) => {
        const result = await operator.redrive(params['queue'] ?? '');
        if (result.kind === 'refused') return result;
        return { status: 202, jsonBody: { redriven: result.redriven } };
      },
    },
  ]);
}
