import { once } from 'node:events';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { systemClock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import { rateLimiter } from '../../shared/rate-limit/rate-limiter.ts';
import type { RateRule } from '../../shared/rate-limit/rate-window.ts';

/** The task of a simulated app instance. */
export interface LimiterTask {
  readonly connectionString: string;
  readonly key: string;
  readonly rule: RateRule;
  /**
   * Concurrent callers. Each calls again immediately after an admission, or a little later after a
   * refusal.
   */
  readonly callers: number;
  /** From the start message. */
  readonly forMs: number;
}

/** The measurements of the process. All times are from the machine's one clock. */
export interface LimiterResult {
  /** Measured after the decision and before its return, so not before the permit was taken. */
  readonly admittedAtMs: readonly number[];
  readonly refused: number;
  /** Refusals without a storage request. */
  readonly refusedFromMemory: number;
  readonly storageRequests: number;
  /** The distinct retry times in refusals. */
  readonly retryAtMs: readonly number[];
}

/** Refused callers do not wait for their `Retry-After`. They call again after this time. */
const REFUSED_PAUSE_MS = 20;

async function callLimiter({ connectionString, key, rule, callers, forMs }: LimiterTask): Promise<LimiterResult> {
  const counter = createRequestCounter();
  const clients = openStorageClients({ account: { connectionString }, policyFor: counter.policyFor });
  const tables = createAzureTables({ clients });
  // Opens the connection before the measurement, because an app that serves other calls has one
  // too.
  await tables.get('limits', 'another', 'window');
  counter.reset();
  const limiter = rateLimiter({ tables, clock: systemClock, random: systemRandom, rule });
  const admittedAtMs: number[] = [];
  const retryAtMs = new Set<number>();
  let [refused, refusedFromMemory] = [0, 0];
  process.send?.('ready');
  await once(process, 'message');
  const untilMs = systemClock.now() + forMs;
  const call = async (): Promise<void> => {
    for (let calledAtMs = systemClock.now(); calledAtMs < untilMs; calledAtMs = systemClock.now()) {
      const turn = { isOver: false };
      setImmediate(() => (turn.isOver = true));
      const decision = await limiter.take(key);
      if (decision.kind === 'admitted') {
        admittedAtMs.push(systemClock.now());
        continue;
      }
      refused += 1;
      if (!turn.isOver) refusedFromMemory += 1;
      retryAtMs.add(calledAtMs + decision.retryAfterMs);
      await systemClock.sleep(Math.min(REFUSED_PAUSE_MS, decision.retryAfterMs));
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  return {
    admittedAtMs,
    refused,
    refusedFromMemory,
    storageRequests: counter.total(),
    retryAtMs: [...retryAtMs],
  };
}

process.once('message', (task: LimiterTask) => {
  void callLimiter(task).then((result) => process.send?.(result, () => process.disconnect()));
});
