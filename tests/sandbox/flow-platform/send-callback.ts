import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { segmentNotification } from './notifications.ts';

export interface SentCallback {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface CallbackResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The `error.code` of the body, if there is one. */
  readonly code: string | undefined;
}

/**
 * Sends a callback as a backend would, with the URL exactly as given; rejects when the connection
 * breaks.
 */
export async function sendCallback(url: string, callback: SentCallback = {}): Promise<CallbackResponse> {
  const { method = 'POST', headers = {}, body = segmentNotification, signal } = callback;
  const [, origin = '', path = ''] = /^(http:\/\/[^/]+)(.*)$/.exec(url) ?? [];
  return new Promise((resolve, reject) => {
    const sent = request(
      origin,
      {
        method,
        path,
        headers: { 'content-type': 'application/json', ...headers },
        agent: false,
        ...(signal !== undefined && { signal }),
      },
      (response) => {
        text(response).then((received) => {
          const error = received === '' ? undefined : (JSON.parse(received) as { error?: { code: string } }).error;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: received,
            code: error?.code,
          });
        }, reject);
      },
    );
    sent.on('error', reject);
    sent.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
