import { allowsInstance } from '../shared/allowed-instances.ts';
import { dataSourceTitle, instanceTitle, measureTitle, segmentTitle } from '../shared/insights/choice-title.ts';
import { httpHandler } from './http.ts';
import { instanceInRoute } from './instance-in-route.ts';
import type { Registrar } from './registrar.ts';
import { authenticated, type HttpDeps } from './authenticated.ts';

/** One entry of a drop-down. */
interface Choice {
  readonly id: string;
  readonly name: string;
  /** The text that the drop-down shows. */
  readonly title: string;
}

/** Registers the lists that fill the connector's drop-downs. */
export function registerPickLists(app: Registrar, deps: HttpDeps): void {
  const { insights } = deps.backend;
  const registerList = (
    name: string,
    route: string,
    choices: (instanceId: string) => Promise<readonly Choice[]>,
  ): void =>
    app.http(name, {
      methods: ['GET'],
      authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
      route,
      handler: httpHandler(
        deps.log,
        authenticated(deps, async (request) => {
          const instanceId = route === 'instances' ? '' : instanceInRoute(request, deps.config);
          if (typeof instanceId !== 'string') return instanceId;
          return { jsonBody: { value: await choices(instanceId) } };
        }),
      ),
    });
  const allowed = deps.config.allowedInstances;
  registerList('ListInstances', 'instances', async () =>
    (await insights.instances())
      .filter(({ instanceId }) => allowsInstance(allowed, instanceId))
      .map((instance) => ({
        id: instance.instanceId,
        name: instance.name,
        title: instanceTitle(instance),
        ...(instance.instanceType && { instanceType: instance.instanceType }),
      })),
  );
  registerList('ListDataSources', 'instances/{instanceId}/data-sources', async (instanceId) =>
    (await insights.dataSources(instanceId)).map((source) => ({
      id: source.dataSourceId,
      name: source.displayName,
      title: dataSourceTitle(source),
    })),
  );
  registerList('ListSegments', 'instances/{instanceId}/segments', async (instanceId) =>
    (await insights.segments(instanceId)).map((segment) => ({
      id: segment.name,
      name: segment.displayName,
      title: segmentTitle(segment),
      ...(segment.state && { state: segment.state }),
    })),
  );
  registerList('ListMeasures', 'instances/{instanceId}/measures', async (instanceId) =>
    (await insights.measures(instanceId))
      .filter(({ withoutDimension }) => withoutDimension)
      .map((measure) => ({
        id: measure.name,
        name: measure.displayName,
        title: measureTitle(measure),
        ...(measure.output?.value !== undefined && { value: measure.output.value }),
      })),
  );
}
