import type { CallbackResponse } from '../../outgoing/callback-client.ts';
import { unreachable } from '../../unreachable.ts';

/**
 * What an attempt means for its delivery and its subscription. `code` is short and stable: it is shown to operators and
 * counted in metrics. Verdicts without one have their kind as code.
 */
export type Verdict =
  | { readonly kind: 'delivered'; readonly runId?: string }
  /** The flow was saved again: this URL is of an older version. */
  | { readonly kind: 'stale-version'; readonly retryAfterMs?: number }
  /** The flow is no more: subscription and delivery end. */
  | { readonly kind: 'gone'; readonly code: string }
  /** The flow is turned off: the delivery is parked, the subscription paused. */
  | { readonly kind: 'turned-off' }
  /** Trying again would be refused again. */
  | { readonly kind: 'dead'; readonly code: string }
  | {
      readonly kind: 'retry';
      readonly code: string;
      readonly retryAfterMs?: number;
      /** What becomes of the delivery when the answers of this kind last through the schedule; `gone` ends the subscription too. */
      readonly whenExhausted: 'dead' | 'gone';
    };

/** Decides on an answer. Total: every status and code has a verdict, and nothing an other side sends makes it throw. */
export function classify(answer: CallbackResponse): Verdict {
  switch (answer.kind) {
    case 'answered':
      return classifyAnswered(answer);
    case 'unreached':
      return { kind: 'retry', code: answer.code, whenExhausted: 'dead' };
    case 'refused':
      return { kind: 'dead', code: answer.code };
    default:
      return unreachable(answer);
  }
}

type Answered = Extract<CallbackResponse, { kind: 'answered' }>;

function classifyAnswered(answer: Answered): Verdict {
  const { status, errorCode } = answer;
  if (status >= 200 && status < 300) {
    return { kind: 'delivered', ...(answer.runId === undefined ? {} : { runId: answer.runId }) };
  }
  const code = `http-${status}`;
  // Logic Apps names its refusals. A name counts with the status that it comes with: elsewhere it says nothing.
  const name = errorCode?.toLowerCase();
  switch (status) {
    case 400:
      if (name === 'workflowtriggerisnotenabled') return { kind: 'turned-off' };
      return { kind: 'dead', code: name === 'triggerinputschemamismatch' ? 'trigger-input-schema-mismatch' : code };
    case 404:
      if (name === 'workflownotfound') return { kind: 'gone', code: 'workflow-not-found' };
      if (name === 'workflowtriggerversionnotfound') return { kind: 'stale-version', ...retryAfterOf(answer) };
      // Gateways answer a 404 of their own for a moment (n8n issue 1257): one alone proves nothing.
      return { ...retry(answer), whenExhausted: 'gone' };
    case 410:
      return { kind: 'gone', code };
    // A signature that was rotated, a policy of the tenant: people undo these within hours, or not at all.
    case 401:
    case 403:
      return { ...retry(answer), whenExhausted: 'gone' };
    case 405:
    case 406:
    case 411:
    case 413:
    case 414:
    case 415:
    case 422:
      return { kind: 'dead', code };
    // Any other 4xx is unknown from these receivers. A retry too many costs a few requests, a wrong end costs an event.
    default:
      return retry(answer);
  }
}

function retry(answer: Answered): Extract<Verdict, { kind: 'retry' }> {
  return { kind: 'retry', code: `http-${answer.status}`, ...retryAfterOf(answer), whenExhausted: 'dead' };
}

function retryAfterOf({ retryAfterMs }: Answered): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}
