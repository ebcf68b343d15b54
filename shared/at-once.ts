/**
 * Runs `work` for every item, in order, at most `count` items at a time. It does so in `count`
 * concurrent loops. A failure ends one of the loops, so a dependency that always fails is not
 * called for every item. When all loops have ended, rejects with the first failure.
 */
export async function atOnce<T>(count: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const loop = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, loop));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
