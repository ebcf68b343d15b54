import type { HttpResponseInit } from '@azure/functions';
import { VERSION } from '../shared/backend.ts';
import type { Clock } from '../shared/clock.ts';
import type { SettingFault } from '../shared/config.ts';
import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../shared/deliveries/messages.ts';
import { unreachableInstances } from '../shared/detection/unreachable-instances.ts';
import { refusal } from '../shared/problem.ts';
import type { Queues } from '../shared/storage/queues.ts';
import { StorageError, type Tables } from '../shared/storage/tables.ts';
import { problemResponse, withSafeHeaders } from './http.ts';
import type { Registrar } from './registrar.ts';

/**
 * How long a response is cached. Each check makes four storage requests, and anyone can call the
 * route, because it is anonymous.
 */
const CACHED_MS = { healthy: 5_000, unhealthy: 1_000 };

/**
 * Registers the health check. The response says whether storage can be reached, since when Customer
 * Insights has been unreachable, how many messages are in poison queues (where the host moves a
 * message that failed five times), and which settings cause warnings. It contains nothing else,
 * because the route is anonymous.
 */
export function registerHealth(
  app: Registrar,
  { tables, queues, clock }: { tables: Tables; queues: Queues; clock: Pick<Clock, 'now'> },
  settingWarnings: readonly SettingFault[],
): void {
  const unreachable = unreachableInstances(tables);
  const warnings = settingWarnings.map(({ setting, message }) => `${setting} ${message}.`);
  const check = async (): Promise<HttpResponseInit> => {
    try {
      const [unreachableSince, ...poison] = await Promise.all([
        unreachable.since(),
        ...[POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE].map((queue) => queues.length(`${queue}-poison`)),
      ]);
      const [polls, deliveries, retries] = poison;
      return {
        jsonBody: {
          status: unreachableSince === undefined ? 'healthy' : 'degraded',
          version: VERSION,
          ...(unreachableSince !== undefined && { unreachableSince }),
          poison: { polls, deliveries, retries },
          ...(warnings.length > 0 && { warnings }),
        },
      };
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return problemResponse(
        refusal('storage-unavailable', 'The service cannot reach its tables or queues.', { retryAfterMs: 10_000 }),
      );
    }
  };
  onHealth(app, cached(check, clock));
}

/**
 * Caches the response of `check`, so that concurrent calls and calls shortly afterwards share it.
 */
function cached(check: () => Promise<HttpResponseInit>, { now }: Pick<Clock, 'now'>): () => Promise<HttpResponseInit> {
  let latest: { readonly response: Promise<HttpResponseInit>; expiresAtMs: number } | undefined;
  return () => {
    const nowMs = now();
    // A response that seems to expire later than any can was cached before the clock was set back.
    const isFresh = latest && nowMs < latest.expiresAtMs && latest.expiresAtMs - nowMs <= CACHED_MS.healthy;
    if (latest && isFresh) return latest.response;
    const current = { response: check(), expiresAtMs: nowMs + CACHED_MS.healthy };
    latest = current;
    current.response.then(
      ({ status }) => {
        // Only the response of an unhealthy app sets a status.
        if (status !== undefined) current.expiresAtMs = nowMs + CACHED_MS.unhealthy;
      },
      () => (current.expiresAtMs = nowMs),
    );
    return current.response;
  };
}

/**
 * Registers the health check of an app whose settings are invalid. It is the app's only function
 * and responds with 503 and the list of these settings. If the app threw an error while loading
 * instead, the host would respond to every call with 404.
 */
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
    handler: async () => withSafeHeaders(await handler()),
  });
}
