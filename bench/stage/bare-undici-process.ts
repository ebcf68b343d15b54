import { Agent } from 'undici';
import type { CapturedRequest } from './sink.ts';

/**
 * The upper bound: POSTs the given requests with undici and nothing else. It opens as many
 * connections as the backend may have to one origin.
 */
const agent = new Agent({ connections: 512, pipelining: 1, keepAliveTimeout: 30_000 });

process.on('message', ({ origin, requests }: { origin: string; requests: readonly CapturedRequest[] }) => {
  const startedAtMs = performance.timeOrigin + performance.now();
  const posts = requests.map(async ({ path, headers, body }) => {
    const answer = await agent.request({ origin, path, method: 'POST', headers, body });
    await answer.body.dump();
    if (answer.statusCode !== 202) throw new Error(`status ${answer.statusCode}`);
  });
  void Promise.all(posts).then(() => process.send?.({ startedAtMs }));
});
process.on('disconnect', () => process.exit());
