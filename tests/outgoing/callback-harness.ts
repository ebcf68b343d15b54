import { expect } from '@jest/globals';
import type {
  CallbackResponse,
  CallbackClient,
  CallbackClientOptions,
  CallbackRequest,
  RefusedCode,
  UnreachedCode,
} from '../../shared/outgoing/callback-client.ts';
import { callbackClient } from '../../shared/outgoing/callback-client.ts';
import type { CallbackPolicy } from '../../shared/outgoing/callback-policy.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import type { RawAnswer, RawServer } from './raw-server.ts';
import { rawServer } from './raw-server.ts';

/**
 * Everything that resolves into 127.0.0.0/8 may be called; names of Power Automate's kind may be
 * public.
 */
export const loopbackPolicy: CallbackPolicy = {
  allowedHosts: ['.logic.azure.com'],
  allowedNetworks: parseNetworks('127.0.0.0/8'),
};

interface Closable {
  close(): Promise<void>;
}

const opened: Closable[] = [];

export function closeAfterTest(closable: Closable): void {
  opened.push(closable);
}

/** For `afterEach`: closes what the test opened, last first. */
export async function closeOpened(): Promise<void> {
  for (const each of opened.splice(0).reverse()) await each.close();
}

export async function startServer(answer: RawAnswer, options: { tls?: boolean } = {}): Promise<RawServer> {
  const server = await rawServer(answer, options);
  opened.push(server);
  return server;
}

export function startClient(options: Partial<CallbackClientOptions> = {}): CallbackClient {
  const client = callbackClient({ policy: loopbackPolicy, timeoutMs: 60_000, ...options });
  opened.push(client);
  return client;
}

/** One POST to a server that answers like this. */
export async function postTo(
  answer: RawAnswer,
  options: Partial<CallbackClientOptions> = {},
): Promise<CallbackResponse> {
  const server = await startServer(answer);
  return startClient(options).post(requestTo(server));
}

export function requestTo(server: RawServer, target = '/'): CallbackRequest {
  return { url: `http://127.0.0.1:${server.port}${target}`, headers: {}, body: '{}' };
}

export const unreached = (code: UnreachedCode): object => ({ kind: 'unreached', code, durationMs: expect.any(Number) });
export const refused = (code: RefusedCode): object => ({ kind: 'refused', code, durationMs: expect.any(Number) });
