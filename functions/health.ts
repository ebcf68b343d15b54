import type { HttpResponseInit } from '@azure/functions';
import { VERSION } from '../shared/backend.ts';
import type { Clock } from '../shared/clock.ts';
import type { SettingFault } from '../shared/config.ts';
import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../shared/deliveries/messages.ts';
import { refusal } from '../shared/problem.ts';
import type { Queues } from '../shared/storage/queues.ts';
import { StorageError, type Tables } from '../shared/storage/tables.ts';
import { INSTANCES_TABLE } from '../shared/subscriptions/instance-registry.ts';
import { problemResponse, safely } from './http.ts';
import type { Registrar } from './registrar.ts';

/** How long an answer is remembered. Anybody may ask, and each answer that is not costs four storage requests. */
const REMEMBERED_MS = { healthy: 5_000, unhealthy: 1_000 };

/**
 * Whether storage can be reached, how many messages our own bugs have poisoned, and what is wrong with the settings though the app works.
 * Anonymous: it tells nothing else.
 */
export function registerHealth(
  app: Registrar,
  { tables, queues, clock }: { tables: Tables; queues: Queues; clock: Pick<Clock, 'now'> },
  settingWarnings: readonly SettingFault[],
): void {
  const warnings = settingWarnings.map(({ setting, message }) => `${setting} ${message}.`);
  const look = async (): Promise<HttpResponseInit> => {
    try {
      const [, ...poison] = await Promise.all([
        tables.get(INSTANCES_TABLE, 'instances', 'health'),
        ...[POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE].map((queue) => queues.length(`${queue}-poison`)),
      ]);
      const [polls, deliveries, retries] = poison;
      return {
        jsonBody: {
          status: 'healthy',
          version: VERSION,
          poison: { polls, deliveries, retries },
          ...(warnings.length > 0 && { warnings }),
        },
      };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return problemResponse(
        refusal('storage-unavailable', 'Tables or queues cannot be reached.', { retryAfterMs: 10_000 }),
      );
    }
  };
  onHealth(app, remembering(look, clock));
}

/** One look for all who ask at the same time, or shortly after it. */
function remembering(
  look: () => Promise<HttpResponseInit>,
  { now }: Pick<Clock, 'now'>,
): () => Promise<HttpResponseInit> {
  let known: { readonly answer: Promise<HttpResponseInit>; untilMs: number } | undefined;
  return () => {
    const nowMs = now();
    if (known && nowMs < known.untilMs && known.untilMs - nowMs <= REMEMBERED_MS.healthy) return known.answer;
    const current = { answer: look(), untilMs: nowMs + REMEMBERED_MS.healthy };
    known = current;
    current.answer.then(
      ({ status }) => {
        if (status !== undefined) current.untilMs = nowMs + REMEMBERED_MS.unhealthy;
      },
      () => (current.untilMs = nowMs),
    );
    return current.answer;
  };
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
