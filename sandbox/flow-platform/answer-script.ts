/**
 * What to answer to a callback that is in order, as a tester writes it:
 * - `202`: accept it, a run starts.
 * - `{ status, errorCode?, retryAfter? }`: that status; with an error code also the platform's error body.
 *   A 2xx status starts a run. `retryAfter` goes out as it is: seconds or an HTTP date.
 * - `'hang'`: never answer. `'reset'`: cut the connection with a TCP reset. Neither starts a run.
 * - `'slow 2500'`: accept after that many ms. The run starts even when the caller has hung up meanwhile.
 * - `'redirect'`: 307 to another path of this server, where a follower is found out.
 */
export type WrittenAnswer =
  | 202
  | { readonly status: number; readonly errorCode?: string; readonly retryAfter?: number | string }
  | 'hang'
  | 'reset'
  | `slow ${number}`
  | 'redirect';

/** How a flow answers callbacks until it is told otherwise. */
export interface Behaviour {
  /** One for each callback, in order of arrival. */
  readonly answers: readonly WrittenAnswer[];
  /** For every callback after those. Default `202`. */
  readonly then?: WrittenAnswer;
  /** True: each `webhook-id` goes through `answers` from the start. Default: the flow goes through them once. */
  readonly perDelivery?: boolean;
}

/** What the server does with one callback. */
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

/** Gives the answer to the next callback that is in order. */
export type AnswerScript = (webhookId: string | undefined) => CallbackAnswer;

/** Starts the script of a behaviour at its first answer. */
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
    ...(errorCode !== undefined && { error: { code: errorCode, message: 'This answer was asked for by a script.' } }),
    ...(retryAfter !== undefined && { retryAfter: String(retryAfter) }),
  };
}
