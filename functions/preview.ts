import type { HttpResponseInit } from '@azure/functions';
import type { Preview } from '../shared/detection/preview.ts';
import { previewExample } from '../shared/subscriptions/subscribe-example.ts';
import { thresholdTriggers, triggers } from '../shared/triggers/trigger.ts';
import { authenticated, type HttpDeps } from './authenticated.ts';
import { httpHandler, readJson } from './http.ts';
import type { Registrar } from './registrar.ts';

/** Registers a preview for each trigger with a threshold: when the trigger would have fired. */
export function registerPreviews(app: Registrar, deps: HttpDeps): void {
  for (const trigger of thresholdTriggers) {
    app.http(`${triggers[trigger].operationId}-preview`, {
      methods: ['POST'],
      authLevel: deps.config.authentication === 'key' ? 'function' : 'anonymous',
      route: `triggers/${trigger}/preview`,
      handler: httpHandler(
        deps.log,
        authenticated(deps, async (request) => {
          const read = await readJson(request, { name: 'The body', example: previewExample(trigger) });
          if (read.kind === 'refused') return read;
          const preview = await deps.backend.previewThreshold(trigger, read.body);
          return preview.kind === 'refused' ? preview : previewResponse(preview);
        }),
      ),
    });
  }
}

function previewResponse({ kind, trigger, name, crossings, ...rest }: Preview): HttpResponseInit {
  return { jsonBody: { ...triggers[trigger].subject.inputsOf(name), ...rest, value: crossings } };
}
