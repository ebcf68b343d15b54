import type { Clock } from '../clock.ts';

/** Counts failures, such as wrong keys, per client address in the memory of this process. */
export interface FailureLimit {
  /**
   * Counts a failure. Returns `limited` when the client has exceeded the limit of this minute.
   * `isFirst` marks the first failure over the limit.
   */
  fail(
    client: string,
  ):
    | { readonly kind: 'counted' }
    | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly isFirst: boolean };
}

const WINDOW_MS = 60_000;
/** Failures allowed in one minute, more than a person who mistypes a key makes. */
const FAILURES = 10;
/**
 * Maximum number of clients that are remembered (a few hundred KiB). The oldest one is dropped
 * first.
 */
const MAX_CLIENTS = 5_000;

interface Failures {
  readonly sinceMs: number;
  count: number;
}

/** Allows `FAILURES` per minute and client. */
export function failureLimit({ now }: Pick<Clock, 'now'>): FailureLimit {
  const clients = new Map<string, Failures>();
  return {
    fail(client) {
      const nowMs = now();
      const known = clients.get(client);
      // A clock that was set back also ends the window.
      const isOver = known === undefined || Math.abs(nowMs - known.sinceMs) >= WINDOW_MS;
      const failures = isOver ? { sinceMs: nowMs, count: 0 } : known;
      if (isOver) {
        clients.delete(client);
        clients.set(client, failures);
        const [oldest] = clients.keys();
        if (clients.size > MAX_CLIENTS && oldest !== undefined) clients.delete(oldest);
      }
      failures.count += 1;
      if (failures.count <= FAILURES) return { kind: 'counted' };
      return {
        kind: 'limited',
        retryAfterMs: Math.min(WINDOW_MS, failures.sinceMs + WINDOW_MS - nowMs),
        isFirst: failures.count === FAILURES + 1,
      };
    },
  };
}
