/**
 * Bounds how many attempts of one process are in flight: connections and memory are shared by all chunks and retries. And how many of
 * them one subscription may have, so that flows which never answer do not use up the places of all others.
 */
export interface AttemptPermits {
  /**
   * Waits for a place, in the order of asking among those that may have one; resolves with the function that gives it back. `undefined`: the
   * process is about to end, nothing more begins.
   */
  take(subscriptionId: string): Promise<(() => void) | undefined>;
}

/** Who waits for a place: gets it, or is told that there is none any more. */
interface Waiting {
  readonly start: () => void;
  readonly refuse: () => void;
}

/** `count` places, of which one subscription has `countOfOne` at most; none once `stopping` is aborted. */
export function attemptPermits(count: number, countOfOne: number, stopping?: AbortSignal): AttemptPermits {
  let free = count;
  /** They may have a place and there is none. */
  const waiting: Waiting[] = [];
  /** By subscription: how many have a place or wait for one, and those that must wait for one of their own to end. */
  const own = new Map<string, { admitted: number; readonly held: Waiting[] }>();

  stopping?.addEventListener('abort', () => {
    const all = [...waiting.splice(0), ...[...own.values()].flatMap(({ held }) => held.splice(0))];
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
  const giveBack = (subscriptionId: string): void => {
    const next = waiting.shift();
    if (next) next.start();
    else free += 1;
    const mine = own.get(subscriptionId);
    const held = mine?.held.shift();
    if (held) admit(held);
    else if (mine && --mine.admitted === 0) own.delete(subscriptionId);
  };
  return {
    take: (subscriptionId) =>
      new Promise((resolve) => {
        if (stopping?.aborted) {
          resolve(undefined);
          return;
        }
        const asking: Waiting = {
          start: () => {
            let given = false;
            resolve(() => {
              if (!given) giveBack(subscriptionId);
              given = true;
            });
          },
          refuse: () => resolve(undefined),
        };
        const mine = own.get(subscriptionId) ?? { admitted: 0, held: [] };
        own.set(subscriptionId, mine);
        if (mine.admitted === countOfOne) {
          mine.held.push(asking);
          return;
        }
        mine.admitted += 1;
        admit(asking);
      }),
  };
}
