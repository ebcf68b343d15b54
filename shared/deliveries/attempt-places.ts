/** Bounds how many attempts of one process are in flight: connections and memory are shared by all chunks and retries. */
export interface AttemptPlaces {
  /** Waits for a place in order of asking; resolves with the function that gives it back. */
  take(): Promise<() => void>;
}

export function attemptPlaces(count: number): AttemptPlaces {
  let free = count;
  const waiting: (() => void)[] = [];
  const giveBack = (): void => {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  };
  const once = (): (() => void) => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      giveBack();
    };
  };
  return {
    take() {
      if (free > 0) {
        free -= 1;
        return Promise.resolve(once());
      }
      return new Promise((resolve) => waiting.push(() => resolve(once())));
    },
  };
}
