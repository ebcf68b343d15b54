import type { HttpRequest } from '@azure/functions';
import { refusal, type Refusal } from '../shared/problem.ts';
import { httpHandler } from './http.ts';
import type { Registrar } from './registrar.ts';
import { authenticated, type HttpDeps } from './subscriptions.ts';

interface Choice {
  readonly id: string;
  readonly name: string;
}

/** What the connector's drop-downs are filled with. */
export function registerPickLists(app: Registrar, deps: HttpDeps): void {
  const { insights } = deps.backend;
  const on = (name: string, route: string, choices: (instanceId: string) => Promise<readonly Choice[]>): void =>
    app.http(name, {
      methods: ['GET'],
      authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
      route,
      handler: httpHandler(
        deps.log,
        authenticated(deps, async (request) => {
          const instanceId = readInstanceId(request, deps.config.allowedInstances);
          if (typeof instanceId !== 'string') return instanceId;
          return { jsonBody: { value: await choices(instanceId) } };
        }),
      ),
    });
  const allowed = deps.config.allowedInstances;
  on('ListInstances', 'instances', async () =>
    (await insights.instances())
      .filter(({ instanceId }) => allowed.size === 0 || allowed.has(instanceId.toLowerCase()))
      .map(({ instanceId, name, instanceType }) => ({ id: instanceId, name, ...(instanceType && { instanceType }) })),
  );
  on('ListDataSources', 'instances/{instanceId}/data-sources', async (instanceId) =>
    (await insights.dataSources(instanceId)).map((source) => ({ id: source.dataSourceId, name: source.displayName })),
  );
  on('ListSegments', 'instances/{instanceId}/segments', async (instanceId) =>
    (await insights.segments(instanceId)).map(({ name, displayName, state }) => ({
      id: name,
      name: displayName,
      ...(state && { state }),
    })),
  );
  on('ListMeasures', 'instances/{instanceId}/measures', async (instanceId) =>
    (await insights.measures(instanceId))
      .filter(({ withoutDimension }) => withoutDimension)
      .map(({ name, displayName }) => ({ id: name, name: displayName })),
  );
}

/** Empty for a route without an instance. */
function readInstanceId(request: HttpRequest, allowed: ReadonlySet<string>): string | Refusal {
  const instanceId = request.params['instanceId']?.toLowerCase();
  if (instanceId === undefined) return '';
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(instanceId)) {
    return refusal('instance-unknown', 'An instance id is a GUID.');
  }
  if (allowed.size > 0 && !allowed.has(instanceId)) {
    return refusal('instance-not-allowed', 'The operator of this service does not allow this instance.');
  }
  return instanceId;
}
