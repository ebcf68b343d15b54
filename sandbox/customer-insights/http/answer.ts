/** What a route answers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A documented shape; sent in the casing the sandbox is switched to. */
  readonly shape?: unknown;
  /** Sent byte for byte, as the `content-type` header says. */
  readonly text?: string;
}

/** A documented shape. */
export function shaped(status: number, shape: unknown): Answer {
  return { status, shape };
}

/** JSON whose names are data, so that no switch of the sandbox touches them. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    text: JSON.stringify(value),
  };
}

const statusNames: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  404: 'NotFound',
  409: 'Conflict',
  500: 'InternalServerError',
};

/**
 * An error in the shape the path declares: a flat `ODataError` below `/data/`, an `ApiErrorResult` elsewhere. `target` is
 * the query option or property at fault.
 */
export function errorAnswer(
  pathname: string,
  error: { readonly status: number; readonly errorCode: string; readonly message: string; readonly target?: string },
): Answer {
  const { status, errorCode, message } = error;
  if (pathname.includes('/data/')) {
    return shaped(status, { errorCode, message, target: error.target ?? null, details: [] });
  }
  return shaped(status, {
    exception: null,
    httpStatusCode: statusNames[status] ?? String(status),
    exceptionCulprit: status < 500 ? 'user' : 'system',
    errorCode,
    resultSeverity: 'error',
    message,
    name: errorCode,
    params: {},
    ciResults: [],
  });
}
