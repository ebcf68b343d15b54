/**
 * Starts `work` for every item, in order, in `count` concurrent loops: at most `count` items are
 * processed at a time. A failure ends its loop, so a dependency that always fails is called at most
 * `count` times. When all loops have ended, rejects with the first failure.
 */
export async function atOnce<T>(count: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const loop = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, loop));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
