import { shortHash } from '../triggers/subject.ts';

/** Maximum number of processed jobs and tasks that are remembered by id. */
const MAX_HANDLED = 1000;

/**
 * Keeps the `MAX_HANDLED` jobs and tasks that ended last. Each is given as its key (`handledKey`)
 * and its end in ms.
 */
export function newestHandled(ended: readonly (readonly [string, number])[]): Map<string, number> {
  return new Map([...ended].sort(([, a], [, b]) => b - a).slice(0, MAX_HANDLED));
}

/**
 * The key of a job or task in the stored state: 72 bits of a hash of its id. They are enough to
 * distinguish a thousand ids, and a thousand such keys fit into one stored string.
 */
export function handledKey(id: string): string {
  const known = keys.get(id);
  if (known !== undefined) return known;
  if (keys.size >= 10_000) keys.clear();
  const key = shortHash(id).slice(0, 12);
  keys.set(id, key);
  return key;
}

/** A cache of the keys, because every poll hashes the same ids several times. */
const keys = new Map<string, string>();
