/**
 * Does the work for every item, in order, for at most `count` of them at a time. A failure takes one of the `count` away, so that a
 * dependency which fails every time is not asked for every item; the others go on. When all have ended, rejects with the first failure.
 */
export async function atOnce<T>(count: number, items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) await work(next.value);
  };
  const ends = await Promise.allSettled(Array.from({ length: count }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
