import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { CustomerInsightsError } from '../shared/insights/customer-insights.ts';
import type { Log } from '../shared/log.ts';
import { instanceUnknown, problems, refusal, type Refusal } from '../shared/problem.ts';
import { StorageError } from '../shared/storage/tables.ts';
import { unreachable } from '../shared/unreachable.ts';

/** Enough for a subscribe request with the longest callback URL. */
const MAX_BODY_BYTES = 64 * 1024;
/** `Retry-After` of a response when a failing dependency does not say how long to wait. */
const DEFAULT_RETRY_AFTER_MS = 10_000;

/** Handles a request. Returns a response, or a refusal that `httpHandler` converts to one. */
export type Handle = (request: HttpRequest) => Promise<HttpResponseInit | Refusal>;

/**
 * Converts refusals, and errors from storage and Customer Insights, to RFC 9457 responses. Any
 * other error is a bug: it is rethrown, and the host responds with 500.
 */
export function httpHandler(log: Log, handle: Handle): HttpHandler {
  return async (request: HttpRequest, context: InvocationContext) => {
    try {
      const response = await handle(request);
      return withSafeHeaders('kind' in response ? problemResponse(response) : response);
    } catch (error) {
      const refused = refusalOfError(error);
      if (refused === undefined) throw error;
      log.warn('http.dependency-failed', { functionName: context.functionName, reason: (error as Error).message });
      return withSafeHeaders(problemResponse(refused));
    }
  };
}

/**
 * Adds headers that stop browsers from guessing the content type, and that stop caches from storing
 * the response. A cache would not know that a response is meant only for the holder of one key.
 * JSON ends in a newline, so that a terminal shows its prompt on a new line.
 */
export function withSafeHeaders({ jsonBody, ...response }: HttpResponseInit): HttpResponseInit {
  const headers = {
    ...(jsonBody !== undefined && { 'content-type': 'application/json' }),
    ...(response.headers as Record<string, string> | undefined),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  return { ...response, headers, ...(jsonBody !== undefined && { body: `${JSON.stringify(jsonBody)}\n` }) };
}

/** The RFC 9457 response of a refusal. `Retry-After` is in whole seconds, rounded up. */
export function problemResponse({ code, detail, errors, parameter, retryAfterMs }: Refusal): HttpResponseInit {
  const { status, title } = problems[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    },
    jsonBody: {
      type: 'about:blank',
      title,
      status,
      code,
      detail,
      ...(errors && { errors }),
      ...(parameter && { parameter }),
    },
  };
}

/** How error texts name a body, and a valid example of it as JSON. */
export interface ExpectedBody {
  readonly name: string;
  readonly example: string;
}

/**
 * Reads the JSON body of a request, and returns it parsed and as text. Refuses a chunked body,
 * because the host passes it on empty.
 */
export async function readJson(
  request: HttpRequest,
  { name, example }: ExpectedBody,
): Promise<{ kind: 'json'; body: unknown; text: string } | Refusal> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return tooLarge();
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length === 0 && /chunked/i.test(request.headers.get('transfer-encoding') ?? '')) {
    return refusal('length-required', 'Send the body with a Content-Length header. Chunked bodies are not supported.');
  }
  if (bytes.length > MAX_BODY_BYTES) return tooLarge();
  if (bytes.length === 0)
    return refusal(
      'body-invalid',
      `${name} is empty. Enter one JSON object, such as ${example}. In an HTTP call, this object is the whole body.`,
    );
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'json', body: JSON.parse(text) as unknown, text };
  } catch {
    return refusal(
      'body-invalid',
      `${name} cannot be read, because it is not JSON in UTF-8. Send one JSON object, such as ${example}. Look for a missing quotation mark, or a comma too many. The cards of Power Automate never cause this: only an HTTP call does.`,
    );
  }
}

function tooLarge(): Refusal {
  return refusal('body-too-large', `The body must not be larger than ${MAX_BODY_BYTES} bytes.`);
}

function refusalOfError(error: unknown): Refusal | undefined {
  if (error instanceof StorageError) {
    return refusal('storage-unavailable', 'The service cannot reach its storage. It is safe to repeat the call.', {
      retryAfterMs: DEFAULT_RETRY_AFTER_MS,
    });
  }
  if (!(error instanceof CustomerInsightsError)) return undefined;
  const retryAfterMs = error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  switch (error.kind) {
    case 'throttled':
      return refusal(
        'customer-insights-throttled',
        'Customer Insights is receiving too many calls. Try again in a minute.',
        {
          retryAfterMs,
        },
      );
    case 'limited':
      // No call was made, because no call permit of the instance is free.
      return refusal(
        'instance-calls-exhausted',
        `This instance of Customer Insights has reached its limit of calls per minute. Try again in ${Math.ceil(retryAfterMs / 1000)} seconds.`,
        { retryAfterMs },
      );
    case 'unauthorized':
      return refusal(
        'customer-insights-refused-us',
        'Customer Insights does not accept the credentials of this service. Ask its operator to check them.',
        { retryAfterMs },
      );
    case 'not-found':
      return instanceUnknown();
    case 'path-unknown':
      return refusal(
        'customer-insights-path-unknown',
        `Customer Insights has the instance, but does not know the path that this service calls (${error.call}). Ask the operator to check the setting ${error.setting ?? 'CUSTOMER_INSIGHTS_API_URL'}.`,
        { retryAfterMs },
      );
    case 'unconfirmed':
      return refusal(
        'customer-insights-unconfirmed',
        'Customer Insights did not confirm the change, which may have been made. Read the item before you repeat the call.',
        { retryAfterMs },
      );
    case 'unavailable':
    case 'refused':
      // `refused`: a request of this service was wrong, and its caller cannot correct it.
      return refusal(
        'customer-insights-unavailable',
        'Customer Insights does not respond at the moment. Nothing was changed. Try again in a few minutes.',
        { retryAfterMs },
      );
    default:
      return unreachable(error.kind);
  }
}
