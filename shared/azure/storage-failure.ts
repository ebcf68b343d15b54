import { StorageError } from '../storage/tables.ts';

/**
 * The error fields of the SDKs. They are read by shape because each SDK has its own copy of the
 * error class.
 */
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

/** The error code of the service (`TableNotFound`) or of the network (`ECONNREFUSED`). */
export function failureCode(error: unknown): string | undefined {
  const { code, details } = error as Failure;
  return details?.odataError?.code ?? details?.errorCode ?? code;
}

/**
 * Runs one call of the port. Every error of the SDK becomes a `StorageError` that names the call,
 * the status, the code and the service's request id. A `RestError` is not kept as the cause,
 * because it contains the request and so the row or message. Other errors, such as those of the
 * identity SDK, become the cause.
 */
export async function storageCall<T>(call: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { name, statusCode, details } = error as Failure;
    const requestId = details?.requestId ?? details?.['x-ms-request-id'];
    const code = name === 'AbortError' ? 'timed out' : (failureCode(error) ?? name);
    const facts = [statusCode, code, requestId && `request ${requestId}`];
    throw new StorageError(call, facts.filter(Boolean).join(' '), name === 'RestError' ? undefined : error);
  }
}
