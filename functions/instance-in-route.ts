import type { HttpRequest } from '@azure/functions';
import { allowsInstance, instanceNotAllowed } from '../shared/allowed-instances.ts';
import type { Config } from '../shared/config.ts';
import { expectedInstance } from '../shared/card-sentence.ts';
import { shownText } from '../shared/shown-value.ts';
import { refusal, type Refusal } from '../shared/problem.ts';

/**
 * The instance id in the route, in lower case. Returns a refusal if it is not a GUID, or if the
 * operator does not allow the instance.
 */
export function instanceInRoute(
  request: HttpRequest,
  { allowedInstances }: Pick<Config, 'allowedInstances'>,
): string | Refusal {
  const instanceId = (request.params['instanceId'] ?? '').trim().toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(instanceId)) {
    return refusal(
      'instance-unknown',
      `Instance must be ${expectedInstance.form}; it was ${shownText(instanceId)}. ${expectedInstance.advice}`,
    );
  }
  return allowsInstance(allowedInstances, instanceId) ? instanceId : instanceNotAllowed();
}
