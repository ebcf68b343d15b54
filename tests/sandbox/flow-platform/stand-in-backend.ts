import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/**
 * A status to answer with instead of doing what was asked, `cut` to close the connection, or a
 * location of one's own.
 */
export type OddAnswer = { readonly status: number } | 'cut' | { readonly location: (id: string) => string };

/**
 * The smallest backend a flow platform can subscribe to: it takes everything and keeps what is
 * subscribed.
 */
export interface StandInBackend {
  readonly apiUrl: string;
  readonly requests: readonly ReceivedRequest[];
  /** Callback URLs by subscription id. */
  readonly subscriptions: ReadonlyMap<string, string>;
  /** The next requests get these answers, in order. */
  answerNext(...answers: readonly OddAnswer[]): void;
  stop(): Promise<void>;
}

export async function startStandInBackend(): Promise<StandInBackend> {
  const requests: ReceivedRequest[] = [];
  const subscriptions = new Map<string, string>();
  const odd: OddAnswer[] = [];
  let made = 0;

  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;

  server.on('request', (request, response) => {
    void text(request).then((sent) => {
      const { method = '', url = '', headers } = request;
      const body = (sent === '' ? {} : JSON.parse(sent)) as Record<string, unknown>;
      requests.push({ method, url, headers, body });
      const answer = odd.shift();
      if (answer === 'cut') return response.destroy();
      if (answer !== undefined && 'status' in answer) {
        return response.writeHead(answer.status).end('{"code":"odd"}');
      }
      if (method === 'DELETE') {
        subscriptions.delete(url.split('/').at(-1) ?? '');
        return response.writeHead(204).end();
      }
      made += 1;
      const id = `subscription-${made}`;
      subscriptions.set(id, String(body['callbackUrl']));
      const location = answer?.location(id) ?? `${apiUrl}${url.slice('/api'.length)}/${id}`;
      return response.writeHead(201, { location, 'content-type': 'application/json' }).end(JSON.stringify({ id }));
    });
  });

  return {
    apiUrl,
    requests,
    subscriptions,
    answerNext: (...answers) => {
      odd.push(...answers);
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
