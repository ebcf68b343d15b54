import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { AzuriteEndpoints } from './azurite.ts';

export interface ProxiedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  /** Its position among all requests of the proxy, counted from 1. */
  readonly number: number;
}

/**
 * A request passes, or its answer is lost on the way back, or it is never answered (without effect,
 * or after it took effect), or an error is answered in storage's stead.
 */
export type Fate =
  | 'pass'
  | 'lose the answer'
  | 'hang'
  | { readonly tookEffect: () => void }
  | { readonly status: number; readonly code: string };

export interface StorageProxy {
  readonly connectionString: string;
  readonly requests: readonly ProxiedRequest[];
  /** Breaks what is still open. Resolves also the second time. */
  stop(): Promise<void>;
}

/**
 * Servers in front of an Azurite's tables and queues, at which requests fail as they do in a cloud.
 * `see` is given the body of each request that passes.
 */
export async function startStorageProxy(
  azurite: AzuriteEndpoints,
  decide: (request: ProxiedRequest) => Fate = () => 'pass',
  see?: (request: ProxiedRequest, body: string) => void,
): Promise<StorageProxy> {
  const requests: ProxiedRequest[] = [];

  const listen = async (target: string): Promise<Server> => {
    const server = createServer((request, response) => {
      const { method = '', headers } = request;
      const url = new URL(request.url ?? '', target);
      const seen = { method, url, headers, number: requests.length + 1 };
      requests.push(seen);
      const fate = decide(seen);
      if (fate === 'hang') return;
      if (typeof fate === 'object' && 'status' in fate) {
        request.resume();
        const error = { 'odata.error': { code: fate.code, message: { lang: 'en-US', value: fate.code } } };
        response.writeHead(fate.status, { 'content-type': 'application/json', 'x-ms-error-code': fate.code });
        response.end(JSON.stringify(error));
        return;
      }
      const forwarded = httpRequest(url, { method, headers }, (answer) => {
        if (typeof fate === 'object') {
          answer.resume().once('end', fate.tookEffect);
        } else if (fate === 'lose the answer') {
          answer.resume().once('end', () => response.destroy());
        } else {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }
      });
      // Azurite closes a connection that was idle in the moment in which it is used again: the
      // other side sees what it is.
      forwarded.once('error', () => response.destroy());
      request.pipe(forwarded);
      if (see) void text(request).then((body) => see(seen, body));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return server;
  };

  const [tables, queues] = await Promise.all([listen(azurite.tableUrl), listen(azurite.queueUrl)]);
  return {
    connectionString: azurite.connectionString
      .replace(new URL(azurite.tableUrl).host, hostOf(tables))
      .replace(new URL(azurite.queueUrl).host, hostOf(queues)),
    requests,
    async stop() {
      await Promise.all([tables, queues].map(close));
    },
  };
}

function hostOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
