/**
 * Limits how many attempts one process has in flight, in total and per subscription. All chunks and
 * retries of a process share its connections and memory. The limit per subscription keeps flows
 * that never respond from using up all permits.
 */
export interface AttemptPermits {
  /**
   * Waits for a permit. Callers whose subscription is below its limit get permits in the order of
   * their calls. Resolves with a function that releases the permit, or with `undefined` when the
   * process is stopping and no further attempt may start.
   */
  take(subscriptionId: string): Promise<(() => void) | undefined>;
}

/** A caller that waits for a permit. It gets the permit by `start`, or `undefined` by `refuse`. */
interface Waiting {
  readonly start: () => void;
  readonly refuse: () => void;
}

/**
 * Issues `count` permits, at most `countPerSubscription` to one subscription, and none once
 * `stopping` is aborted.
 */
export function attemptPermits(count: number, countPerSubscription: number, stopping?: AbortSignal): AttemptPermits {
  let free = count;
  /** Callers whose subscription is below its limit, waiting for a free permit. */
  const waiting: Waiting[] = [];
  /**
   * Per subscription: `admitted`, the number of callers that hold a permit or wait for a free one,
   * and `held`, the callers that wait because of the limit.
   */
  const bySubscription = new Map<string, { admitted: number; readonly held: Waiting[] }>();

  stopping?.addEventListener('abort', () => {
    const all = [...waiting.splice(0), ...[...bySubscription.values()].flatMap(({ held }) => held.splice(0))];
    for (const { refuse } of all) refuse();
  });
  const admit = (next: Waiting): void => {
    if (free === 0) {
      waiting.push(next);
      return;
    }
    free -= 1;
    next.start();
  };
  const release = (subscriptionId: string): void => {
    const next = waiting.shift();
    if (next) next.start();
    else free += 1;
    const counts = bySubscription.get(subscriptionId);
    const held = counts?.held.shift();
    if (held) admit(held);
    else if (counts && --counts.admitted === 0) bySubscription.delete(subscriptionId);
  };
  return {
    take: (subscriptionId) =>
      new Promise((resolve) => {
        if (stopping?.aborted) {
          resolve(undefined);
          return;
        }
        const waiter: Waiting = {
          start: () => {
            let released = false;
            resolve(() => {
              if (!released) release(subscriptionId);
              released = true;
            });
          },
          refuse: () => resolve(undefined),
        };
        const counts = bySubscription.get(subscriptionId) ?? { admitted: 0, held: [] };
        bySubscription.set(subscriptionId, counts);
        if (counts.admitted === countPerSubscription) {
          counts.held.push(waiter);
          return;
        }
        counts.admitted += 1;
        admit(waiter);
      }),
  };
}
