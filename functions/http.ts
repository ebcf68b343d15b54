import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { CustomerInsightsError } from '../shared/insights/customer-insights.ts';
import type { Log } from '../shared/log.ts';
import { instanceUnknown, problems, refusal, type Refusal } from '../shared/problem.ts';
import { StorageError } from '../shared/storage/tables.ts';
import { unreachable } from '../shared/unreachable.ts';

/** Larger than any subscription with the longest callback URL. */
const MAX_BODY_BYTES = 64 * 1024;
/** What a caller is asked to wait when nobody says how long a dependency will be away. */
const DEFAULT_RETRY_AFTER_MS = 10_000;

/** What a handler gets, and how it answers: a response, or a refusal that becomes problem+json. */
export type Handle = (request: HttpRequest) => Promise<HttpResponseInit | Refusal>;

/** Turns refusals and failing dependencies into RFC 9457 answers. Anything else is a bug: it is thrown, and the host answers 500. */
export function httpHandler(log: Log, handle: Handle): HttpHandler {
  return async (request: HttpRequest, context: InvocationContext) => {
    try {
      const answer = await handle(request);
      return safely('kind' in answer ? problemResponse(answer) : answer);
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === undefined) throw error;
      log.warn('http.dependency-failed', { functionName: context.functionName, reason: (error as Error).message });
      return safely(problemResponse(refused));
    }
  };
}

/**
 * The answer with what keeps a browser from taking it for something else than it says, and everybody on the way from keeping it: a cache
 * does not know that it is for the holder of one key.
 */
export function safely(answer: HttpResponseInit): HttpResponseInit {
  const headers = {
    ...(answer.headers as Record<string, string> | undefined),
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  return { ...answer, headers };
}

/** RFC 9457; `Retry-After` in whole seconds, never too early. */
export function problemResponse({ code, detail, errors, retryAfterMs }: Refusal): HttpResponseInit {
  const { status, title } = problems[code];
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    },
    jsonBody: { type: 'about:blank', title, status, code, detail, ...(errors && { errors }) },
  };
}

/** The JSON body of a request, and as the text that it came as. The host drops chunked bodies and passes all others on whole. */
export async function readJson(request: HttpRequest): Promise<{ kind: 'json'; body: unknown; text: string } | Refusal> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) return tooLarge();
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.length === 0 && /chunked/i.test(request.headers.get('transfer-encoding') ?? '')) {
    return refusal(
      'length-required',
      'Send the body in one piece with a Content-Length header: chunked bodies do not arrive here.',
    );
  }
  if (bytes.length > MAX_BODY_BYTES) return tooLarge();
  if (bytes.length === 0) return refusal('body-invalid', 'The body is empty. Send one JSON object.');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'json', body: JSON.parse(text) as unknown, text };
  } catch {
    return refusal('body-invalid', 'The body is not JSON in UTF-8. Send one JSON object, such as {"threshold": 1500}.');
  }
}

function tooLarge(): Refusal {
  return refusal('body-too-large', `The body may have ${MAX_BODY_BYTES} bytes at most.`);
}

function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof StorageError) {
    return refusal(
      'storage-unavailable',
      'The service cannot reach its storage. Nothing was done that a repeated call would do twice.',
      {
        retryAfterMs: DEFAULT_RETRY_AFTER_MS,
      },
    );
  }
  if (!(error instanceof CustomerInsightsError)) return undefined;
  const retryAfterMs = error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  switch (error.kind) {
    case 'throttled':
      return refusal(
        'customer-insights-throttled',
        'Customer Insights has too many calls at the moment. Try again a little later.',
        { retryAfterMs },
      );
    case 'limited':
      return refusal(
        'instance-calls-exhausted',
        `This instance of Customer Insights has had all the calls that it takes in a minute. Try again in ${Math.ceil(retryAfterMs / 1000)} seconds.`,
        { retryAfterMs },
      );
    case 'unauthorized':
      return refusal(
        'customer-insights-refused-us',
        'Customer Insights does not accept the credentials of this service. Ask its operator.',
        { retryAfterMs },
      );
    case 'not-found':
      return instanceUnknown();
    case 'path-unknown':
      return refusal(
        'customer-insights-path-unknown',
        `Customer Insights has the instance, but nothing where this service asks (${error.call}). Ask its operator to look at the setting ${error.setting ?? 'CUSTOMER_INSIGHTS_API_URL'}.`,
        { retryAfterMs },
      );
    case 'unconfirmed':
      return refusal(
        'customer-insights-unconfirmed',
        'Customer Insights did not say whether it made the change: it may have been made. Read the item before you repeat the call.',
        { retryAfterMs },
      );
    case 'unavailable':
    case 'refused':
      return refusal(
        'customer-insights-unavailable',
        'Customer Insights gave no usable answer. Try again a little later.',
        { retryAfterMs },
      );
    default:
      return unreachable(error.kind);
  }
}
