import { shortHash } from '../triggers/subject.ts';

/** The number of ended refreshes that are remembered by id. */
const MAX_HANDLED = 1000;

/** The refreshes that ended last, by the key of their id. */
export function newestHandled(ended: readonly (readonly [string, number])[]): Map<string, number> {
  return new Map([...ended].sort(([, a], [, b]) => b - a).slice(0, MAX_HANDLED));
}

/**
 * The key of a job or task in the stored state. 72 bits are enough to distinguish a thousand ids,
 * and a thousand such keys fit into one stored string.
 */
export function handledKey(id: string): string {
  const known = keys.get(id);
  if (known !== undefined) return known;
  if (keys.size >= 10_000) keys.clear();
  const key = shortHash(id).slice(0, 12);
  keys.set(id, key);
  return key;
}

/** Every poll hashes the same ids again, several times each. */
const keys = new Map<string, string>();
