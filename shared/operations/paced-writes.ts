/**
 * Interval between two deliveries to one flow, so that a flow that has just recovered is not
 * flooded.
 */
export const PACE_MS = 100;
/**
 * The number of concurrent writes. With 20, a call with a thousand deliveries ends within seconds.
 */
const CONCURRENT_WRITES = 20;

/**
 * Writes every item, in order, with a due time `PACE_MS` after that of the item before; the first
 * is due at `firstDueMs`. Resolves with the results in order. Rejects with the first failure, and
 * then starts no further writes.
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
