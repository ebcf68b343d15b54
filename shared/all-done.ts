/**
 * Waits until all of them have ended, one way or the other, and only then rejects with the first failure. Unlike `Promise.all`, it
 * leaves no work behind that goes on unwatched.
 */
export async function allDone<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const ends = await Promise.allSettled(work);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}
