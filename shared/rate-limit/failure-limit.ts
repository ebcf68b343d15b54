import type { Clock } from '../clock.ts';

/** Counts what each client got wrong, in the memory of this process. */
export interface FailureLimit {
  /** Notes a failure of a client. `limited`: it has had its failures of this minute; `isFirst` of those it is told so. */
  fail(
    client: string,
  ):
    { readonly kind: 'noted' } | { readonly kind: 'limited'; readonly retryAfterMs: number; readonly isFirst: boolean };
}

const WINDOW_MS = 60_000;
/** Somebody who mistypes a key does not get here. */
const FAILURES = 10;
/** So many clients are remembered, a few hundred KiB; beyond that the one that began first is forgotten. */
const MAX_CLIENTS = 5_000;

interface Failures {
  readonly sinceMs: number;
  count: number;
}

/** Ten failures a minute for each client. */
export function failureLimit({ now }: Pick<Clock, 'now'>): FailureLimit {
  const clients = new Map<string, Failures>();
  return {
    fail(client) {
      const nowMs = now();
      const known = clients.get(client);
      // A clock that was set back ends the window too.
      const isOver = known === undefined || Math.abs(nowMs - known.sinceMs) >= WINDOW_MS;
      const failures = isOver ? { sinceMs: nowMs, count: 0 } : known;
      if (isOver) {
        clients.delete(client);
        clients.set(client, failures);
        const [oldest] = clients.keys();
        if (clients.size > MAX_CLIENTS && oldest !== undefined) clients.delete(oldest);
      }
      failures.count += 1;
      if (failures.count <= FAILURES) return { kind: 'noted' };
      return {
        kind: 'limited',
        retryAfterMs: Math.min(WINDOW_MS, failures.sinceMs + WINDOW_MS - nowMs),
        isFirst: failures.count === FAILURES + 1,
      };
    },
  };
}
