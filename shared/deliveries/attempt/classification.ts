import type { CallbackResponse } from '../../outgoing/callback-client.ts';
import { unreachable } from '../../unreachable.ts';

/**
 * What the response to an attempt means for the delivery and its subscription. `code` is short and
 * stable because operators see it and metrics count it. `codeOf` gives the code of a verdict that
 * has none.
 */
export type Verdict =
  | { readonly kind: 'delivered'; readonly runId?: string }
  /**
   * The callback URL belongs to an older version of the flow, because the flow has been saved
   * again.
   */
  | { readonly kind: 'stale-version'; readonly retryAfterMs?: number }
  /** The flow no longer exists. The subscription and the delivery end. */
  | { readonly kind: 'gone'; readonly code: string }
  /** The flow is turned off. The delivery is parked and the subscription is paused. */
  | { readonly kind: 'turned-off' }
  /** A retry would be rejected for the same reason. */
  | { readonly kind: 'dead'; readonly code: string }
  | {
      readonly kind: 'retry';
      readonly code: string;
      readonly retryAfterMs?: number;
      /**
       * The outcome when every attempt of the schedule fails this way. `gone` also ends the
       * subscription.
       */
      readonly whenExhausted: 'dead' | 'gone';
    };

/**
 * Classifies a response. Every status and error code has a verdict, and no response makes it throw.
 */
export function classify(response: CallbackResponse): Verdict {
  switch (response.kind) {
    case 'answered':
      return classifyAnswered(response);
    // There was no usable response.
    case 'unreached':
      return { kind: 'retry', code: response.code, whenExhausted: 'dead' };
    // This app sent nothing, because the URL or its IP address is not allowed.
    case 'refused':
      return { kind: 'dead', code: response.code };
    default:
      return unreachable(response);
  }
}

type Answered = Extract<CallbackResponse, { kind: 'answered' }>;

function classifyAnswered(response: Answered): Verdict {
  const { status, errorCode } = response;
  if (status >= 200 && status < 300) {
    return { kind: 'delivered', ...(response.runId === undefined ? {} : { runId: response.runId }) };
  }
  const code = `http-${status}`;
  // Logic Apps sends an error code in the body. The code counts only together with the status that
  // Logic Apps sends with it.
  const name = errorCode?.toLowerCase();
  switch (status) {
    case 400:
      if (name === 'workflowtriggerisnotenabled') return { kind: 'turned-off' };
      return { kind: 'dead', code: name === 'triggerinputschemamismatch' ? 'trigger-input-schema-mismatch' : code };
    case 404:
      if (name === 'workflownotfound') return { kind: 'gone', code: 'workflow-not-found' };
      if (name === 'workflowtriggerversionnotfound') return { kind: 'stale-version', ...retryAfterOf(response) };
      // A gateway may briefly send a 404 of its own (n8n issue 1257), so a single 404 does not
      // prove that the flow is gone.
      return { ...retry(response), whenExhausted: 'gone' };
    case 410:
      return { kind: 'gone', code };
    // The cause is a rotated signature or a tenant policy. Either is undone within hours or never,
    // so if all retries fail, the flow counts as gone.
    case 401:
    case 403:
      return { ...retry(response), whenExhausted: 'gone' };
    case 405:
    case 406:
    case 411:
    case 413:
    case 414:
    case 415:
    case 422:
      return { kind: 'dead', code };
    // Power Automate is not known to send any other 4xx. A needless retry costs a request, but
    // giving up too early loses an event.
    default:
      return retry(response);
  }
}

function retry(response: Answered): Extract<Verdict, { kind: 'retry' }> {
  return { kind: 'retry', code: `http-${response.status}`, ...retryAfterOf(response), whenExhausted: 'dead' };
}

function retryAfterOf({ retryAfterMs }: Answered): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}
