import { triggerNames, triggers } from '../shared/triggers/trigger.ts';
import { httpHandler } from './http.ts';
import { triggerUnknown } from './trigger-unknown.ts';
import type { Registrar } from './registrar.ts';
import { authenticated, type HttpDeps } from './authenticated.ts';
import { decodedPart } from './instance-route.ts';

/** For each trigger, registers the call that sends a sample event to a subscription. */
export function registerTestEvents(app: Registrar, deps: HttpDeps): void {
  const authLevel = deps.config.authentication === 'key' ? 'function' : 'anonymous';
  for (const trigger of triggerNames) {
    app.http(`${triggers[trigger].operationId}-test`, {
      methods: ['POST'],
      authLevel,
      route: `triggers/${trigger}/subscriptions/{id}/test`,
      handler: httpHandler(
        deps.log,
        authenticated(deps, async ({ params }, connection) => {
          const sent = await deps.backend.sendTest(connection, trigger, decodedPart(params['id'] ?? ''));
          return sent.kind === 'sent' ? { status: 202, jsonBody: { deliveryId: sent.deliveryId } } : sent;
        }),
      ),
    });
  }
  // The host matches routes in the alphabetical order of function names. `UnknownTrigger-test`
  // sorts after the functions of every trigger, so it receives the calls that match none of them.
  app.http('UnknownTrigger-test', {
    methods: ['POST'],
    authLevel,
    route: 'triggers/{trigger}/subscriptions/{id}/test',
    handler: httpHandler(
      deps.log,
      authenticated(deps, () => Promise.resolve(triggerUnknown()), { query: 'any' }),
    ),
  });
}
