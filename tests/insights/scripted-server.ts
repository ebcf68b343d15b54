import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ScriptedAnswer =
  /** A body that is no string is sent as JSON; without status it is 200. */
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** Nothing at all. */
  | 'silence'
  /** A head, half a body, then nothing. */
  | 'half'
  /** The connection is reset before the head. */
  | 'reset'
  /** A body that never ends. */
  | 'flood';

export interface SeenRequest {
  readonly method: string | undefined;
  /** Path and query as they came. */
  readonly target: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface ScriptedServer {
  readonly baseUrl: string;
  readonly requests: readonly SeenRequest[];
  /** How many connections were opened so far. */
  readonly connections: () => number;
  /** Resolves when that many requests have come in. */
  readonly seen: (count: number) => Promise<void>;
  /** Resolves when the client has hung up on that many answers before their end. */
  readonly hungUp: (count: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * A real server on a free port that gives the answers in their order, and the last one ever after.
 */
export async function startScriptedServer(...answers: ScriptedAnswer[]): Promise<ScriptedServer> {
  const requests: SeenRequest[] = [];
  const arrivals = counter();
  const hangUps = counter();
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] ?? 'silence';
    response.on('close', () => {
      if (!response.writableFinished) hangUps.increment();
    });
    requests.push({ method: request.method, target: request.url, headers: request.headers });
    give(answer, response);
    arrivals.increment();
  });
  let connections = 0;
  server.on('connection', () => (connections += 1));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    connections: () => connections,
    seen: arrivals.reached,
    hungUp: hangUps.reached,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function give(answer: ScriptedAnswer, response: ServerResponse): void {
  switch (answer) {
    case 'silence':
      return;
    case 'half':
      response.writeHead(200, { 'content-type': 'application/json' }).write('[{"name":');
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'flood':
      response.writeHead(200, { 'content-type': 'application/json' });
      flood(response);
      return;
    default: {
      const { status = 200, headers = {}, body = '' } = answer;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }
  }
}

function flood(response: ServerResponse): void {
  const piece = Buffer.alloc(1024 * 1024, ' ');
  const pour = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', pour).on('error', () => undefined);
  pour();
}

function counter(): { increment: () => void; reached: (count: number) => Promise<void> } {
  let current = 0;
  const waiting = new Set<{ readonly count: number; readonly resolve: () => void }>();
  return {
    increment: () => {
      current += 1;
      for (const waiter of waiting) {
        if (waiter.count > current) continue;
        waiting.delete(waiter);
        waiter.resolve();
      }
    },
    reached: (count) =>
      current >= count ? Promise.resolve() : new Promise((resolve) => waiting.add({ count, resolve })),
  };
}
