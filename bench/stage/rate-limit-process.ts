import { once } from 'node:events';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import { rateLimiter } from '../../shared/rate-limit/rate-limiter.ts';
import type { RateRule } from '../../shared/rate-limit/rate-window.ts';

/** What an instance of the app is told to do. */
export interface Hammering {
  readonly connectionString: string;
  readonly key: string;
  readonly rule: RateRule;
  /** Callers at the same time: each calls again as soon as it was answered, or a little later when it was refused. */
  readonly callers: number;
  /** From the word to begin. */
  readonly forMs: number;
}

/** What it saw. All instants are those of the machine's one clock. */
export interface Hammered {
  /** Between the decision and its answer, so not before the place was taken. */
  readonly admittedAtMs: readonly number[];
  readonly refused: number;
  /** Refusals that were decided without asking storage. */
  readonly refusedUnasked: number;
  readonly storageRequests: number;
  /** The instants that refusals named, each once. */
  readonly promisedAtMs: readonly number[];
}

/** Refused callers do not wait for their `Retry-After`: they call again and again. */
const IMPATIENT_MS = 20;

async function hammer({ connectionString, key, rule, callers, forMs }: Hammering): Promise<Hammered> {
  const counter = createRequestCounter();
  const clients = openStorageClients({ account: { connectionString }, policy: (service) => counter.policy(service) });
  const tables = createAzureTables({ clients });
  // Its connection is there before it is measured, as that of an app that serves other calls.
  await tables.get('limits', 'another', 'window');
  counter.reset();
  const limiter = rateLimiter({ tables, clock: systemClock, random: systemRandom, rule });
  const admittedAtMs: number[] = [];
  const promisedAtMs = new Set<number>();
  let [refused, refusedUnasked] = [0, 0];
  process.send?.('ready');
  await once(process, 'message');
  const untilMs = systemClock.now() + forMs;
  const call = async (): Promise<void> => {
    for (let askedMs = systemClock.now(); askedMs < untilMs; askedMs = systemClock.now()) {
      const storage = { isAsked: false };
      setImmediate(() => (storage.isAsked = true));
      const decision = await limiter.take(key);
      if (decision.kind === 'admitted') {
        admittedAtMs.push(systemClock.now());
        continue;
      }
      refused += 1;
      if (!storage.isAsked) refusedUnasked += 1;
      promisedAtMs.add(askedMs + decision.retryAfterMs);
      await systemClock.sleep(Math.min(IMPATIENT_MS, decision.retryAfterMs));
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return {
    admittedAtMs,
    refused,
    refusedUnasked,
    storageRequests: counter.total(),
    promisedAtMs: [...promisedAtMs],
  };
}

process.once('message', (task: Hammering) => {
  void hammer(task).then((seen) => process.send?.(seen, () => process.disconnect()));
});
