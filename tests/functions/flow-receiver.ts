import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll } from '@jest/globals';

export interface FlowReceiver {
  /** The callback URL of the flow of this name. */
  urlOf(name: string): string;
  /** The bodies that were POSTed to it so far. */
  calls(name: string): readonly Record<string, unknown>[];
  /** What it answers from now on; 202 unless set. */
  answer(name: string, status: number, errorCode?: string): void;
  /** The settings with which a backend may call it. */
  readonly settings: Readonly<Record<string, string>>;
}

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups) cleanup();
});

/** Flows that take what they are sent, on one server. It ends with the test file. */
export async function startFlowReceiver(): Promise<FlowReceiver> {
  const calls = new Map<string, Record<string, unknown>[]>();
  const answers = new Map<string, { status: number; errorCode?: string }>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const name = decodeURIComponent((request.url ?? '').slice(1).split('?')[0] ?? '');
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      calls.set(name, [...(calls.get(name) ?? []), body]);
      const { status, errorCode } = answers.get(name) ?? { status: 202 };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(errorCode === undefined ? '' : JSON.stringify({ error: { code: errorCode } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (name) => `http://127.0.0.1:${port}/${encodeURIComponent(name)}?sig=secret`,
    calls: (name) => calls.get(name) ?? [],
    answer: (name, status, errorCode) =>
      void answers.set(name, { status, ...(errorCode !== undefined && { errorCode }) }),
    settings: { CALLBACK_ALLOWED_HOSTS: '*', CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8' },
  };
}
