import { request } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * One request on a connection of its own, its path sent as it is written: `fetch` would normalise
 * it.
 */
export function sendRequest(
  url: string,
  path: string,
  options: { method?: string; headers?: OutgoingHttpHeaders | readonly string[]; body?: string | Buffer } = {},
): Promise<Answer> {
  const { method = 'GET', headers, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request(url, { path, method, agent: false, ...(headers && { headers }) }, (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((received) => resolve({ status, headers: response.headers, body: received }), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
