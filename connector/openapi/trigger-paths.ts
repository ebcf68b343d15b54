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
 * The paths of the connector with what it leaves out: the operation that gets one subscription, the body that a subscribe answers, and
 * at the path of each trigger all that its subscriptions have. A path without a parameter comes before one with it: what is missing
 * there would be missing for readers who go by the specification.
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
    const of = (operation: Operation, name: string): Operation => ({
      ...operation,
      operationId: `${operationId}${name}`,
      parameters: operation.parameters?.filter(({ name: parameter }) => parameter !== triggerInPath.name) ?? [],
    });
    all[path] = { get: of(list, 'List'), post: answeringSubscription(post), ...others };
    all[`${path}/{id}`] = { get: of(one, 'Get'), ...all[`${path}/{id}`] };
    all[`${path}/{id}/test`] = { post: of(test, 'Test') };
  }
  return all;
}

/** For a designer a subscribe answers nothing: whatever it answered would be shown as the flow's data. */
function answeringSubscription(subscribe: Operation): Operation {
  const created: Response = { description: '', ...subscribe.responses['201'], schema: subscriptionSchema };
  return { ...subscribe, responses: { ...subscribe.responses, 201: created } };
}
