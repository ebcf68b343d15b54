/**
 * Waits until all promises have settled, then returns their values or rejects with the first error.
 * Unlike `Promise.all`, it never returns while some of the work is still running.
 */
export async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(work);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
