import { registerManageRoutes } from './operator-access.ts';
import { readCount, readInstance } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/** Of activity: what is counted unless asked otherwise, and at most. */
const DEFAULT_HOURS = 24;
const MAX_HOURS = 7 * 24;

/** How polls and deliveries are going. */
export function registerManageInstances(app: Registrar, deps: HttpDeps): void {
  const { operator } = deps.backend;
  registerManageRoutes(app, deps, [
    {
      name: 'ManageInstances-list',
      method: 'GET',
      route: 'manage/instances',
      handle: async () => ({ jsonBody: { value: await operator.listInstances() } }),
    },
    {
      name: 'ManageInstances-names',
      method: 'GET',
      route: 'manage/instance-names',
      handle: async () => ({ jsonBody: { value: await operator.instanceNames() } }),
    },
    {
      name: 'ManageActivity-list',
      method: 'GET',
      route: 'manage/activity',
      query: ['instanceId', 'hours'],
      handle: async ({ query }) => {
        const instanceId = readInstance(query);
        if (instanceId.kind === 'refused') return instanceId;
        const hours = readCount(query, 'hours', { most: MAX_HOURS, otherwise: DEFAULT_HOURS });
        if (hours.kind === 'refused') return hours;
        const activity = await operator.activity({ instanceId: instanceId.value, hours: hours.value });
        return { jsonBody: activity };
      },
    },
  ]);
}
