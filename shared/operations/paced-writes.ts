/**
 * Interval between two lost deliveries that are sent again, so that a flow that has just become
 * available is not flooded.
 */
export const PACE_MS = 100;
/**
 * Maximum number of concurrent writes. With 20, 1,000 deliveries are written within seconds.
 */
const CONCURRENT_WRITES = 20;

/**
 * Calls `write` for each item with its due time: `firstDueMs` for the first item, and `PACE_MS`
 * more for each further one. Resolves with the results in order. Rejects with the first failure,
 * and then starts no further writes.
 */
export async function pacedWrites<Item, Result>(
  items: readonly Item[],
  firstDueMs: number,
  write: (item: Item, dueAtMs: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let index = 0; index < items.length; index += CONCURRENT_WRITES) {
    const batch = items.slice(index, index + CONCURRENT_WRITES);
    const written = batch.map((item, offset) => write(item, firstDueMs + (index + offset) * PACE_MS));
    results.push(...(await Promise.all(written)));
  }
  return results;
}
