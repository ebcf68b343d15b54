import { Agent, request } from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { parsedJson } from './parsed-json.ts';

/** The backend's response to a subscribe. `tries` counts the POSTs. */
export type SubscribeOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** As the backend sent it. The platform has nothing else to unsubscribe with. */
      readonly location?: string;
      /** The JSON value, or the text when it is not JSON. */
      readonly body: unknown;
      readonly tries: number;
    }
  | { readonly kind: 'unreachable'; readonly message: string; readonly tries: number };

/**
 * The outcome of an unsubscribe. `lost` means that it was not sent, as requested. `no-location`
 * means that there was no address to send it to.
 */
export type UnsubscribeOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'no-location' };

/**
 * The connector between platform and backend. It adds the connection's credentials to the calls of
 * the flow engine.
 */
export interface Gateway {
  /**
   * POSTs a subscribe. Repeats it on 408, 429, 5xx and connection errors, with the same headers and
   * body.
   */
  subscribe(call: {
    trigger: string;
    headers: Readonly<Record<string, string>>;
    body: object;
  }): Promise<SubscribeOutcome>;
  /** Sends one DELETE to a subscription's location, with the credentials and nothing else. */
  unsubscribe(location: string | undefined): Promise<UnsubscribeOutcome>;
  close(): Promise<void>;
}

export interface GatewayDependencies {
  readonly backendUrl: string;
  readonly key: string | undefined;
  readonly clock: Clock;
  /** The pause before each repeat of a subscribe. The number of pauses is the number of repeats. */
  readonly retryDelaysMs: readonly number[];
  /** Ends pauses and calls in progress. */
  readonly signal: AbortSignal;
}

/**
 * Power Automate allows 120 s for an outgoing call
 * (learn.microsoft.com/power-automate/limits-and-config).
 */
const CALL_TIMEOUT_MS = 120_000;

export function createGateway({ backendUrl, key, clock, retryDelaysMs, signal }: GatewayDependencies): Gateway {
  // Without keep-alive, because a backend that restarts between two calls would leave a dead
  // connection.
  const dispatcher = new Agent({ pipelining: 0, headersTimeout: CALL_TIMEOUT_MS, bodyTimeout: CALL_TIMEOUT_MS });
  const backend = new URL(backendUrl);

  /**
   * The credentials belong to the connector's host. A location on another host is called without
   * them, as we read github.com/microsoft/PowerPlatformConnectors/issues/3678, which reports a
   * DELETE without the key.
   */
  const credentials = (target: URL): Readonly<Record<string, string>> =>
    key !== undefined && target.origin === backend.origin ? { 'x-functions-key': key } : {};

  async function post(url: URL, headers: Readonly<Record<string, string>>, body: string, tries: number) {
    try {
      const response = await request(url, {
        method: 'POST',
        headers: { ...headers, ...credentials(url), 'content-type': 'application/json' },
        body,
        dispatcher,
        signal,
      });
      const text = await response.body.text();
      const location = response.headers['location'];
      return {
        kind: 'answered',
        status: response.statusCode,
        ...(typeof location === 'string' && { location }),
        body: parsedJson(text) ?? text,
        tries,
      } satisfies SubscribeOutcome;
    } catch (error) {
      return { kind: 'unreachable', message: messageOf(error), tries } satisfies SubscribeOutcome;
    }
  }

  return {
    subscribe: async ({ trigger, headers, body }) => {
      const url = new URL(`${backendUrl.replace(/\/$/, '')}/triggers/${trigger}/subscriptions`);
      const text = JSON.stringify(body);
      for (let tries = 1; ; tries += 1) {
        const answer = await post(url, headers, text, tries);
        const delayMs = retryDelaysMs[tries - 1];
        if (!isTransient(answer) || delayMs === undefined || signal.aborted) return answer;
        await clock.sleep(delayMs, signal);
      }
    },
    unsubscribe: async (location) => {
      if (location === undefined) return { kind: 'no-location' };
      try {
        const target = new URL(location, backendUrl);
        const response = await request(target, { method: 'DELETE', headers: credentials(target), dispatcher, signal });
        await response.body.dump();
        return { kind: 'answered', status: response.statusCode };
      } catch (error) {
        return { kind: 'unreachable', message: messageOf(error) };
      }
    },
    close: () => dispatcher.destroy(),
  };
}

/**
 * The responses that the default retry policy of Logic Apps repeats:
 * learn.microsoft.com/azure/logic-apps/error-exception-handling.
 */
function isTransient(answer: SubscribeOutcome): boolean {
  if (answer.kind === 'unreachable') return true;
  return answer.status === 408 || answer.status === 429 || answer.status >= 500;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
