import type { Telemetry } from '../telemetry/telemetry.ts';
import type { AttemptOutcome } from './rest-attempt.ts';

/**
 * Records the span and the duration of one request to Customer Insights. The span has no path,
 * because names and ids in the path may identify people. The enclosing span names the purpose of
 * the request. `attempt` is 1 for the first request of a call.
 */
export function recordRequest(
  telemetry: Telemetry,
  request: { readonly method: string; readonly url: string; readonly attempt: number },
  outcome: AttemptOutcome<unknown>,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): void {
  if (!telemetry.isOn) return;
  const { method, url, attempt } = request;
  const attributes = {
    'http.request.method': method,
    'server.address': new URL(url).hostname,
    'http.response.status_code': 'status' in outcome ? outcome.status : undefined,
    'error.type': errorType(outcome),
  };
  telemetry.record('http.client.request.duration', Math.max(0, endMs - startMs) / 1000, attributes);
  const resendCount = attempt > 1 ? attempt - 1 : undefined;
  telemetry.pastSpan(method, {
    kind: 'client',
    startMs,
    endMs,
    attributes: { ...attributes, 'http.request.resend_count': resendCount },
  });
}

/**
 * The value of the attribute `error.type`. For a refused request, it is the status code
 * (opentelemetry.io/docs/specs/semconv/http/http-spans).
 */
function errorType(outcome: AttemptOutcome<unknown>): string | undefined {
  if (outcome.kind === 'answered') return undefined;
  return outcome.kind === 'refused' ? String(outcome.status) : outcome.kind;
}
