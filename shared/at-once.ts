/**
 * Runs `work` for every item, in order, for at most `count` items at a time. A failure stops one of
 * the `count` lanes, so a dependency that fails every time is not called for every item. The other
 * lanes continue. Rejects with the first failure when all lanes have ended.
 */
export async function atOnce<T>(count: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
