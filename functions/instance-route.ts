import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Clock } from '../shared/clock.ts';
import type { EntityData, Missing, Refused } from '../shared/insights/entity-data.ts';
import { nearestSentence } from '../shared/nearest-names.ts';
import { instanceUnknown, refusal, type Refusal } from '../shared/problem.ts';
import { unreachable } from '../shared/unreachable.ts';
import { principalOf } from './caller.ts';
import { httpHandler } from './http.ts';
import { instanceIdParameter } from './instance-id.ts';
import type { Registrar } from './registrar.ts';
import { authenticated, type HttpDeps } from './authenticated.ts';

export interface DataDeps extends HttpDeps {
  readonly data: EntityData;
  readonly clock: Clock;
}

/** A call about an instance that the caller may use. */
export interface InstanceRequest {
  readonly request: HttpRequest;
  readonly instanceId: string;
  /** A part of the route as it is meant. */
  readonly param: (name: 'entity' | 'itemId' | 'partitionId') => string;
}

export type InstanceHandle = (call: InstanceRequest) => Promise<HttpResponseInit | Refusal>;

/** The app role that the data actions ask of a signed-in caller when `DATA_ACTIONS` is `role`. */
const DATA_ROLE = 'Data';

/** Registers a function that reads or writes data of an instance with the app's own rights: for whom `DATA_ACTIONS` says. */
export function onData(app: Registrar, deps: HttpDeps, route: InstanceRoute): void {
  onInstance(app, deps, {
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
        'The operator of this service has switched off reading and writing of data. Ask the operator.',
      );
    case 'role':
      return principalOf(request, config)?.roles.includes(DATA_ROLE)
        ? undefined
        : refusal('data-role-missing', `Ask for the app role ${DATA_ROLE} of this service, and sign in again.`);
    default:
      return unreachable(config.dataActions);
  }
}

interface InstanceRoute {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly route: string;
  /** The query parameters that the call has: none unless given. */
  readonly query?: readonly string[];
  readonly handle: InstanceHandle;
}

/** Registers a function on a route below `instances/{instanceId}/`. */
export function onInstance(
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
          const instanceId = instanceIdParameter(request, deps.config);
          if (typeof instanceId !== 'string') return instanceId;
          return handle({ request, instanceId, param: (part) => decodedPart(request.params[part] ?? '') });
        },
        { query },
      ),
    ),
  });
}

/** An address on this service that `param` reads the same parts from: the host takes off one encoding, and `%2F` never. */
export function instanceUrl(publicBaseUrl: string, ...parts: readonly string[]): string {
  const encoded = parts.map((part) => encodeURIComponent(encodeURIComponent(part.toWellFormed())));
  return `${publicBaseUrl}/api/instances/${encoded.join('/')}`;
}

/** What a flow maker is told about a call that Customer Insights has no data for, or did not like; `advice` follows its own words. */
export function dataRefusal(outcome: Missing | Refused, advice?: string): Refusal {
  if (outcome.kind === 'call-refused') {
    const said =
      outcome.serviceMessage === undefined ? ' without saying why' : `: ${outcome.serviceMessage.replace(/[.]$/, '')}`;
    return refusal(
      'call-refused',
      `Customer Insights refused the call${said}.${advice === undefined ? '' : ` ${advice}`}`,
    );
  }
  switch (outcome.what) {
    case 'instance':
      return instanceUnknown();
    case 'entity':
      return refusal(
        'entity-unknown',
        `The instance has no such entity.${nearestSentence(outcome.nearest ?? [])} Take its id from List entities.`,
      );
    case 'item':
      return refusal(
        'item-unknown',
        'The entity has no item with this key. Keys are compared exactly, case and blanks included: take it from List items of an entity.',
      );
    case 'partition':
      return refusal(
        'partition-unknown',
        'The entity has no such partition. A refresh makes new ones: run List partitions of an entity again, and take an id from it.',
      );
    default:
      return unreachable(outcome.what);
  }
}

/** The host has taken off one encoding, all but `%2F`, and the connector encodes twice. */
export function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part.replaceAll(/%2F/gi, '/');
  }
}
