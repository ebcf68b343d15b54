/**
 * Bounds how many attempts of one process are in flight: connections and memory are shared by all chunks and retries. And how many of
 * them one subscription may have, so that flows which never answer do not use up the places of all others.
 */
export interface AttemptPlaces {
  /** Waits for a place, in the order of asking among those that may have one; resolves with the function that gives it back. */
  take(subscriptionId: string): Promise<() => void>;
}

/** `count` places, of which one subscription has `countOfOne` at most. */
export function attemptPlaces(count: number, countOfOne: number): AttemptPlaces {
  let free = count;
  /** They may have a place and there is none. */
  const waiting: (() => void)[] = [];
  /** By subscription: how many have a place or wait for one, and those that must wait for one of their own to end. */
  const own = new Map<string, { admitted: number; readonly held: (() => void)[] }>();

  const admit = (start: () => void): void => {
    if (free === 0) {
      waiting.push(start);
      return;
    }
    free -= 1;
    start();
  };
  const giveBack = (subscriptionId: string): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
    const mine = own.get(subscriptionId);
    const held = mine?.held.shift();
    if (held) admit(held);
    else if (mine && --mine.admitted === 0) own.delete(subscriptionId);
  };
  return {
    take: (subscriptionId) =>
      new Promise((resolve) => {
        const start = (): void => {
          let given = false;
          resolve(() => {
            if (!given) giveBack(subscriptionId);
            given = true;
          });
        };
        const mine = own.get(subscriptionId) ?? { admitted: 0, held: [] };
        own.set(subscriptionId, mine);
        if (mine.admitted === countOfOne) {
          mine.held.push(start);
          return;
        }
        mine.admitted += 1;
        admit(start);
      }),
  };
}
