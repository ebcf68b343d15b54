import type { HttpResponseInit } from '@azure/functions';
import { VERSION } from '../shared/backend.ts';
import type { SettingFault } from '../shared/config.ts';
import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../shared/deliveries/messages.ts';
import { refusal } from '../shared/problem.ts';
import type { Queues } from '../shared/storage/queues.ts';
import { StorageError, type Tables } from '../shared/storage/tables.ts';
import { INSTANCES_TABLE } from '../shared/subscriptions/instance-registry.ts';
import { problemResponse, safely } from './http.ts';
import type { Registrar } from './registrar.ts';

/** Whether storage can be reached, and how many messages our own bugs have poisoned. Anonymous: it tells nothing else. */
export function registerHealth(app: Registrar, { tables, queues }: { tables: Tables; queues: Queues }): void {
  onHealth(app, async () => {
    try {
      const [, ...poison] = await Promise.all([
        tables.get(INSTANCES_TABLE, 'instances', 'health'),
        ...[POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE].map((queue) => queues.length(`${queue}-poison`)),
      ]);
      const [polls, deliveries, retries] = poison;
      return { jsonBody: { status: 'healthy', version: VERSION, poison: { polls, deliveries, retries } } };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return problemResponse(
        refusal('storage-unavailable', 'Tables or queues cannot be reached.', { retryAfterMs: 10_000 }),
      );
    }
  });
}

/** All there is when settings are missing or wrong: an app that throws while it loads would leave a host that answers 404. */
export function registerBrokenHealth(app: Registrar, faults: readonly SettingFault[]): void {
  const detail = faults.map(({ setting, message }) => `${setting} ${message}`).join('; ');
  onHealth(app, () =>
    Promise.resolve(
      problemResponse(
        refusal('settings-invalid', `${detail}.`, {
          errors: faults.map(({ setting, message }) => ({ pointer: `/${setting}`, message })),
        }),
      ),
    ),
  );
}

function onHealth(app: Registrar, handler: () => Promise<HttpResponseInit>): void {
  app.http('Health', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'health',
    handler: async () => safely(await handler()),
  });
}
