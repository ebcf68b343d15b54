import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that takes callbacks in the place of flows. */
export interface FlowStub {
  /** The callback URL of the flow of this name. */
  urlOf(name: string): string;
  /** What it answers from now on; 202 unless set. */
  answer(name: string, status: number, errorCode?: string): void;
  stop(): Promise<void>;
}

export async function startFlowStub(): Promise<FlowStub> {
  const answers = new Map<string, { status: number; errorCode?: string }>();
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const name = decodeURIComponent((request.url ?? '').slice(1).split('?')[0] ?? '');
      const { status, errorCode } = answers.get(name) ?? { status: 202 };
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(errorCode === undefined ? '' : JSON.stringify({ error: { code: errorCode } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (name) => `http://127.0.0.1:${port}/${encodeURIComponent(name)}?sig=secret`,
    answer: (name, status, errorCode) =>
      void answers.set(name, { status, ...(errorCode !== undefined && { errorCode }) }),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
