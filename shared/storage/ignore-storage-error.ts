import { StorageError } from './tables.ts';

/** For a `catch`, where storage may fail and somebody else goes on with it. Any other error is thrown again. */
export function ignoreStorageError(error: unknown): void {
  if (!(error instanceof StorageError)) throw error;
}
