/** The domain's only source of time. Times are milliseconds since the epoch, UTC. */
export interface Clock {
  /**
   * The current time in ms. It may jump in either direction between two calls, so never use it as
   * an id.
   */
  now(): number;
  /**
   * Resolves after at least `ms`. Rejects with the reason of `signal` when `signal` is aborted
   * first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};
