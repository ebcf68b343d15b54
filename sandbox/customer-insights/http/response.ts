/** The response of a route. */
export interface SandboxResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A documented shape, sent in the letter case that the sandbox is set to. */
  readonly shape?: unknown;
  /** Sent byte for byte, with the type in the `content-type` header. */
  readonly text?: string;
}

/** A response with a documented shape. */
export function shaped(status: number, shape: unknown): SandboxResponse {
  return { status, shape };
}

/** JSON whose property names are data, so the letter case settings do not apply to them. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): SandboxResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    text: `${JSON.stringify(value)}\n`,
  };
}

const statusNames: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  404: 'NotFound',
  409: 'Conflict',
  500: 'InternalServerError',
};

/**
 * An error in the shape that the path declares: a flat `ODataError` below `/data/`, an
 * `ApiErrorResult` elsewhere. `target` is the query option or property that is wrong.
 */
export function errorResponse(
  pathname: string,
  error: { readonly status: number; readonly errorCode: string; readonly message: string; readonly target?: string },
): SandboxResponse {
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
