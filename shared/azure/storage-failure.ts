import { StorageError } from '../storage/tables.ts';

/** What the SDKs' errors carry; they are read by shape because each SDK brings its own copy of the class. */
interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly statusCode?: number;
  readonly details?: {
    readonly odataError?: { readonly code?: string };
    readonly errorCode?: string;
    readonly requestId?: string;
    readonly 'x-ms-request-id'?: string;
  };
}

/** The service's error code (`TableNotFound`), or the network's (`ECONNREFUSED`). */
export function failureCode(error: unknown): string | undefined {
  const { code, details } = error as Failure;
  return details?.odataError?.code ?? details?.errorCode ?? code;
}

/** The write of a transaction that failed: its number stands before the colon that begins the message. */
export function failureIndex(error: unknown): number | undefined {
  const [, index] = /^(\d+):/.exec((error as Failure).message ?? '') ?? [];
  return index === undefined ? undefined : Number(index);
}

/**
 * Runs one call of the port. Whatever the SDK throws becomes a `StorageError` that names the call, the status, the code
 * and the service's request id. A `RestError` is left behind: it holds the request, and so the row or the message. Other errors,
 * such as those of the identity SDK, become the cause.
 */
export async function storageCall<T>(call: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { name, statusCode, details } = error as Failure;
    const requestId = details?.requestId ?? details?.['x-ms-request-id'];
    const code = name === 'AbortError' ? 'no answer in time' : (failureCode(error) ?? name);
    const facts = [statusCode, code, requestId && `request ${requestId}`];
    throw new StorageError(call, facts.filter(Boolean).join(' '), name === 'RestError' ? undefined : error);
  }
}
