import { triggerNames, triggers } from '../../shared/triggers/trigger.ts';
import { subscriptionSchema } from '../document/subscription-paths.ts';
import type { Operation, PathItem, Response } from '../document/swagger-document.ts';
import { ok, responses } from '../document/responses.ts';
import { subscriptionInPath, triggerInPath } from '../document/parameters.ts';

const ALL = '/triggers/{trigger}/subscriptions';

const getSubscription: Operation = {
  operationId: 'GetSubscription',
  summary: 'Get a subscription',
  description: 'This operation gets a subscription of this connection, with the last evaluation that was seen.',
  parameters: [triggerInPath, subscriptionInPath],
  responses: responses(ok('The subscription.', subscriptionSchema), 404),
};

/**
 * Adds what the connector's paths leave out: the operation that gets one subscription, the response
 * body of subscribe, and all operations on subscriptions at the path of each trigger. OpenAPI
 * matches a concrete path before a templated one, so a reader would miss operations that only the
 * templated path lists.
 */
export function withAllOfTriggers(paths: Readonly<Record<string, PathItem>>): Record<string, PathItem> {
  const all: Record<string, PathItem> = { ...paths };
  all[`${ALL}/{id}`] = { get: getSubscription, ...all[`${ALL}/{id}`] };
  const [list, one, test] = [all[ALL]?.get, getSubscription, all[`${ALL}/{id}/test`]?.post];
  if (list === undefined || test === undefined) throw new Error('the connector has no actions on subscriptions');
  for (const trigger of triggerNames) {
    const { operationId } = triggers[trigger];
    const path = ALL.replace('{trigger}', trigger);
    const { post, ...others } = all[path] ?? {};
    if (post === undefined) throw new Error(`the connector cannot subscribe to ${trigger}`);
    const operationOfTrigger = (operation: Operation, name: string): Operation => ({
      ...operation,
      operationId: `${operationId}${name}`,
      parameters: operation.parameters?.filter(({ name: parameter }) => parameter !== triggerInPath.name) ?? [],
    });
    all[path] = { get: operationOfTrigger(list, 'List'), post: answeringSubscription(post), ...others };
    all[`${path}/{id}`] = { get: operationOfTrigger(one, 'Get'), ...all[`${path}/{id}`] };
    all[`${path}/{id}/test`] = { post: operationOfTrigger(test, 'Test') };
  }
  return all;
}

/**
 * Adds the response body of subscribe. The connector omits it, because the designer would show it
 * as the flow's data.
 */
function answeringSubscription(subscribe: Operation): Operation {
  const created: Response = { description: '', ...subscribe.responses['201'], schema: subscriptionSchema };
  return { ...subscribe, responses: { ...subscribe.responses, 201: created } };
}
