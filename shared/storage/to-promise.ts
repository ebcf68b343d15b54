/** Does `action` at once, as a promise: what it throws rejects. */
export function toPromise<T>(action: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(action());
  });
}
