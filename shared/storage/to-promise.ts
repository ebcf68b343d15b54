/**
 * Runs `action` immediately and returns its result as a promise. An exception becomes a rejection.
 */
export function toPromise<T>(action: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(action());
  });
}
