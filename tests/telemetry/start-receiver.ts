import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import selfSigned from '../fixtures/self-signed.json' with { type: 'json' };

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked, each byte as a character: names in it can be read whatever the format. */
  readonly text: string;
}

export interface Receiver {
  readonly url: string;
  /** All that was sent to it so far. */
  readonly received: readonly Received[];
  /** Whatever was sent to a path, one after the other. */
  textOf(path: string): string;
  stop(): Promise<void>;
}

/**
 * A server in the place of an OpenTelemetry collector, or of Application Insights, which is sent to
 * over TLS alone: takes everything, or answers with another status.
 */
export async function startReceiver({ status = 200, tls = false } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const take: RequestListener = (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('latin1');
      received.push({ path: request.url ?? '', headers: request.headers, text });
      const items = text.split('\n').length;
      const answer = request.url?.includes('track')
        ? JSON.stringify({ itemsReceived: items, itemsAccepted: items, errors: [] })
        : '';
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    });
  };
  const { certificate: cert, key } = selfSigned;
  const server = tls ? createTlsServer({ cert, key }, take) : createServer(take);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    textOf: (path) =>
      received
        .filter((one) => one.path === path)
        .map(({ text }) => text)
        .join('\n'),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
