import { CustomerInsightsError } from './customer-insights.ts';
import type { Missing, Refused } from './entity-data.ts';
import { asObject } from './json-fields.ts';
import { restCall, type PathParameter, type RestCall, type RestCallDeps } from './rest-call.ts';

/**
 * Makes a call whose path is below an instance. A mistake of the caller, such as an unknown name,
 * is a returned value.
 */
export type InstanceCall = <T>(
  instanceId: string,
  call: Omit<RestCall<T>, 'instanceId'>,
) => Promise<{ readonly kind: 'answered'; readonly response: T } | Missing | (Refused & { readonly status: number })>;

/**
 * Makes an `InstanceCall`. After a 404, it makes a second call to find out whether the instance or
 * the entity is missing, because the service has many error codes for a 404.
 */
export function instanceCall(deps: RestCallDeps): InstanceCall {
  return async (instanceId, call) => {
    const result = await resultOf(restCall(deps, { ...call, instanceId }));
    if (result.kind !== 'not-found') return result;
    const instance = await resultOf(restCall(deps, { instanceId, read: asObject }));
    return { kind: 'missing', what: instance.kind === 'not-found' ? 'instance' : 'entity' };
  };
}

async function resultOf<T>(
  pending: Promise<T>,
): Promise<
  | { kind: 'answered'; response: T }
  | { kind: 'not-found' }
  | { kind: 'call-refused'; status: number; serviceMessage: string | undefined }
> {
  try {
    return { kind: 'answered', response: await pending };
  } catch (error) {
    if (!(error instanceof CustomerInsightsError)) throw error;
    if (error.kind === 'not-found') return { kind: 'not-found' };
    if (error.kind !== 'refused') throw error;
    return { kind: 'call-refused', status: error.status ?? 400, serviceMessage: error.serviceMessage };
  }
}

/**
 * The path parameter for an entity. It has the name that the public client libraries use. What they
 * call `entityId` is the id of an item.
 */
export function entityName(value: string): PathParameter {
  return { name: 'entityName', value };
}
