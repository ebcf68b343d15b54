import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Clock } from '../shared/clock.ts';
import type { EntityData, Missing, Refused } from '../shared/insights/entity-data.ts';
import { nearestSentence } from '../shared/nearest-names.ts';
import { instanceUnknown, refusal, type Refusal } from '../shared/problem.ts';
import { unreachable } from '../shared/unreachable.ts';
import { principalOf } from './caller.ts';
import { httpHandler } from './http.ts';
import { instanceInRoute } from './instance-in-route.ts';
import type { Registrar } from './registrar.ts';
import { authenticated, type HttpDeps } from './authenticated.ts';

/** What the routes below `instances/{instanceId}/` need. */
export interface DataDeps extends HttpDeps {
  /** Reads and writes the entities (tables of customer data) of Customer Insights. */
  readonly data: EntityData;
  readonly clock: Clock;
}

/** A call that concerns one instance, which the operator allows. */
export interface InstanceRequest {
  readonly request: HttpRequest;
  readonly instanceId: string;
  /** Returns a part of the route, decoded as often as callers encode it (`instanceUrl`). */
  readonly param: (name: 'entity' | 'itemId' | 'partitionId') => string;
}

export type InstanceHandle = (call: InstanceRequest) => Promise<HttpResponseInit | Refusal>;

/** The app role that a signed-in caller needs for data actions when `DATA_ACTIONS` is `role`. */
const DATA_ROLE = 'Data';

/**
 * Registers a function that reads or writes an instance's data with the rights of the app, which
 * may exceed those of the caller. The setting `DATA_ACTIONS` says which callers may use it.
 */
export function registerDataRoute(app: Registrar, deps: HttpDeps, route: InstanceRoute): void {
  registerInstanceRoute(app, deps, {
    ...route,
    handle: (call) => {
      const refused = dataActionRefusal(call.request, deps.config);
      return refused ? Promise.resolve(refused) : route.handle(call);
    },
  });
}

function dataActionRefusal(request: HttpRequest, config: HttpDeps['config']): Refusal | undefined {
  switch (config.dataActions) {
    case 'on':
      return undefined;
    case 'off':
      return refusal(
        'data-actions-off',
        'The operator of this service (whoever set up this connector for you) has turned off reading and writing of data. Ask the operator to turn it on.',
      );
    case 'role':
      return principalOf(request, config)?.roles.includes(DATA_ROLE)
        ? undefined
        : refusal(
            'data-role-missing',
            `You need the app role ${DATA_ROLE} of this service. Ask an administrator for it, then sign in again.`,
          );
    default:
      return unreachable(config.dataActions);
  }
}

interface InstanceRoute {
  /** The name of the Azure function. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly route: string;
  /** The query parameters that the call accepts. Default: none. */
  readonly query?: readonly string[];
  readonly handle: InstanceHandle;
}

/** Registers a function on a route below `instances/{instanceId}/`. */
export function registerInstanceRoute(
  app: Registrar,
  deps: HttpDeps,
  { name, method, route, query = [], handle }: InstanceRoute,
): void {
  app.http(name, {
    methods: [method],
    authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
    route: `instances/{instanceId}/${route}`,
    handler: httpHandler(
      deps.log,
      authenticated(
        deps,
        async (request) => {
          const instanceId = instanceInRoute(request, deps.config);
          if (typeof instanceId !== 'string') return instanceId;
          return handle({ request, instanceId, param: (part) => decodedPart(request.params[part] ?? '') });
        },
        { query },
      ),
    ),
  });
}

/**
 * Builds the URL of a route below `instances/`. Each part is encoded twice: the host decodes it
 * once, except for `%2F`, and `InstanceRequest.param` decodes it again.
 */
export function instanceUrl(publicBaseUrl: string, ...parts: readonly string[]): string {
  const encoded = parts.map((part) => encodeURIComponent(encodeURIComponent(part.toWellFormed())));
  return `${publicBaseUrl}/api/instances/${encoded.join('/')}`;
}

/**
 * The refusal of a call that Customer Insights refused, or that names something Customer Insights
 * does not have. `adviceOn` gives advice on the message with which Customer Insights refused the
 * call (`undefined` if there was no message).
 */
export function dataRefusal(
  outcome: Missing | Refused,
  adviceOn: (message: string | undefined) => string | undefined = () => undefined,
): Refusal {
  if (outcome.kind === 'call-refused') {
    const advice = adviceOn(outcome.serviceMessage);
    const message =
      outcome.serviceMessage === undefined ? ' without saying why' : `: ${outcome.serviceMessage.replace(/[.]$/, '')}`;
    return refusal(
      'call-refused',
      `Customer Insights refused the call${message}.${advice === undefined ? '' : ` ${advice}`}`,
    );
  }
  switch (outcome.what) {
    case 'instance':
      return instanceUnknown();
    case 'entity':
      return refusal(
        'entity-unknown',
        `The instance has no such entity.${nearestSentence(outcome.nearest ?? [])} Choose Entity from the list.`,
      );
    case 'item':
      return refusal(
        'item-unknown',
        'The entity has no item with this Item ID. Capital letters and spaces count. Take the ID from List items of an entity, such as the CustomerId of a customer.',
      );
    case 'partition':
      return refusal(
        'partition-unknown',
        'The entity has no such partition. Each refresh replaces the partitions of an entity. Run List partitions of an entity again, and use an ID that it returns.',
      );
    default:
      return unreachable(outcome.what);
  }
}

/**
 * Decodes a part of a route for the second time, because callers encode it twice. The host has
 * decoded it once, except for `%2F`.
 */
export function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part.replaceAll(/%2F/gi, '/');
  }
}
