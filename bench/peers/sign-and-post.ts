import { createHmac, createSecretKey } from 'node:crypto';
import { Agent } from 'undici';
import type { PeerJob, PeerSettings } from '../stage/peer.ts';

/**
 * Signs a callback and sends it, with the headers of the app and as many connections. Rejects
 * unless the answer is 2xx.
 */
export function signAndPost({ origin, signingSecret, userAgent }: PeerSettings): (job: PeerJob) => Promise<void> {
  const agent = new Agent({ connections: 512, pipelining: 1, keepAliveTimeout: 30_000 });
  const key = createSecretKey(Buffer.from(signingSecret.slice('whsec_'.length), 'base64'));
  return async ({ id, path, body }) => {
    const timestamp = Math.floor(Date.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'user-agent': userAgent,
      'x-ms-client-tracking-id': id,
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
      'accept-encoding': 'identity',
    };
    const answer = await agent.request({ origin, path, method: 'POST', headers, body });
    await answer.body.dump();
    if (answer.statusCode < 200 || answer.statusCode >= 300) throw new Error(`status ${answer.statusCode}`);
  };
}

/** Ms since the epoch, with fractions, as the sink counts. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
