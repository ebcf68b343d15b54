/**
 * How a flow responds to a valid callback, as a tester writes it:
 * - `202`: accepts the callback and starts a run.
 * - `{ status, errorCode?, retryAfter? }`: responds with that status. With an error code, the body
 *   is the platform's error body. A 2xx status starts a run. `retryAfter` is sent unchanged:
 *   seconds or an HTTP date.
 * - `'hang'`: never responds. `'reset'`: closes the connection with a TCP reset. Neither starts a
 *   run.
 * - `'slow 2500'`: accepts after that many ms. The run starts even when the caller has closed the
 *   connection meanwhile.
 * - `'redirect'`: 307 to another path of this server, which detects callers that follow redirects.
 */
export type WrittenAnswer =
  | 202
  | { readonly status: number; readonly errorCode?: string; readonly retryAfter?: number | string }
  | 'hang'
  | 'reset'
  | `slow ${number}`
  | 'redirect';

/** How a flow responds to callbacks until it is changed. */
export interface Behaviour {
  /** One answer for each callback, in order of arrival. */
  readonly answers: readonly WrittenAnswer[];
  /** The answer to every later callback. The default is `202`. */
  readonly then?: WrittenAnswer;
  /**
   * When true, each `webhook-id` goes through `answers` from the start. By default, the flow goes
   * through them once.
   */
  readonly perDelivery?: boolean;
}

/** How the server responds to one callback. */
export type CallbackAnswer =
  | { readonly kind: 'accept'; readonly status: number; readonly delayMs: number }
  | { readonly kind: 'refuse'; readonly status: number; readonly error?: CallbackError; readonly retryAfter?: string }
  | { readonly kind: 'redirect'; readonly status: 307 }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' };

/** The `error` member of the platform's error body. */
export interface CallbackError {
  readonly code: string;
  readonly message: string;
}

/** Returns the answer to the next valid callback. */
export type AnswerScript = (webhookId: string | undefined) => CallbackAnswer;

/** Creates the script of a behaviour, starting at its first answer. */
export function createAnswerScript({ answers, then = 202, perDelivery = false }: Behaviour): AnswerScript {
  const used = new Map<string, number>();
  return (webhookId) => {
    const key = perDelivery ? (webhookId ?? '') : '';
    const position = used.get(key) ?? 0;
    used.set(key, position + 1);
    return callbackAnswer(answers[position] ?? then);
  };
}

function callbackAnswer(written: WrittenAnswer): CallbackAnswer {
  if (written === 202) return { kind: 'accept', status: 202, delayMs: 0 };
  if (written === 'redirect') return { kind: 'redirect', status: 307 };
  if (written === 'hang' || written === 'reset') return { kind: written };
  if (typeof written === 'string')
    return { kind: 'accept', status: 202, delayMs: Number(written.slice('slow '.length)) };
  const { status, errorCode, retryAfter } = written;
  if (status >= 200 && status < 300) return { kind: 'accept', status, delayMs: 0 };
  return {
    kind: 'refuse',
    status,
    ...(errorCode !== undefined && { error: { code: errorCode, message: 'This answer comes from a script.' } }),
    ...(retryAfter !== undefined && { retryAfter: String(retryAfter) }),
  };
}
