import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import selfSigned from '../fixtures/self-signed.json' with { type: 'json' };

/** A request as it came over the wire, Latin-1. */
export interface RawRequest {
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** Writes whatever bytes answer a request, HTTP or not. */
export type RawAnswer = (socket: Socket, request: RawRequest) => void;

export interface RawServer {
  readonly port: number;
  readonly requests: readonly RawRequest[];
  /** All that were ever made. */
  readonly connections: readonly Socket[];
  close(): Promise<void>;
}

/** A server on a free port of 127.0.0.1. `tls` speaks TLS with the self-signed certificate. */
export async function rawServer(answer: RawAnswer, options: { tls?: boolean } = {}): Promise<RawServer> {
  const requests: RawRequest[] = [];
  const connections: Socket[] = [];
  const onConnection = (socket: Socket): void => {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const request = parseRequest(received);
      if (request === undefined) return;
      received = Buffer.alloc(0);
      requests.push(request);
      answer(socket, request);
    });
  };
  const server =
    options.tls === true
      ? createTlsServer({ key: selfSigned.key, cert: selfSigned.certificate }, onConnection)
      : createServer(onConnection);
  server.on('connection', (socket: Socket) => connections.push(socket));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of connections) socket.destroy();
      }),
  };
}

function parseRequest(bytes: Buffer): RawRequest | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [requestLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = bytes.subarray(headEnd + 4);
  if (body.length < Number(headers.get('content-length') ?? 0)) return undefined;
  return { target: requestLine.slice('POST '.length, -' HTTP/1.1'.length), headers, body };
}

/** A whole HTTP answer. */
export function httpAnswer(
  status: number,
  options: { headers?: readonly string[]; body?: string | Buffer } = {},
): Buffer {
  const body = Buffer.from(options.body ?? '');
  const head = [`HTTP/1.1 ${status} x`, `content-length: ${body.length}`, ...(options.headers ?? [])];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
