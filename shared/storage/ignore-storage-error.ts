import { StorageError } from './tables.ts';

/**
 * For a `catch` where a storage failure needs no handling, because another worker or a later run
 * repeats the work. Rethrows any other error.
 */
export function ignoreStorageError(error: unknown): void {
  if (!(error instanceof StorageError)) throw error;
}
