/**
 * A map that iterates in the order of its keys (UTF-16 code units, which for ASCII is the order of
 * bytes).
 */
export interface SortedMap<T> {
  readonly size: number;
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): void;
  /**
   * Entries with `from <= key`, and `key < to` when `to` is given. The map must not change during
   * the iteration.
   */
  range(from: string, to?: string): Generator<readonly [string, T], void>;
}

export function createSortedMap<T>(): SortedMap<T> {
  const values = new Map<string, T>();
  const keys: string[] = [];

  /** The index of the first key that is not less than `key`. */
  const position = (key: string): number => {
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    get size() {
      return values.size;
    },
    get: (key) => values.get(key),
    set(key, value) {
      if (!values.has(key)) keys.splice(position(key), 0, key);
      values.set(key, value);
    },
    delete(key) {
      if (values.delete(key)) keys.splice(position(key), 1);
    },
    *range(from, to) {
      for (let index = position(from); index < keys.length; index += 1) {
        const key = keys[index] as string;
        if (to !== undefined && key >= to) return;
        yield [key, values.get(key) as T];
      }
    },
  };
}
