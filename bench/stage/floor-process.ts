import { createHmac, createSecretKey } from 'node:crypto';
import { Agent, type Dispatcher } from 'undici';
import { batchRequest } from '../../shared/azure/table-batch.ts';
import type { TableRequest } from '../../shared/azure/table-requests.ts';
import { toFilter } from '../../shared/azure/table-values.ts';
import { READ, writeRequest } from '../../shared/azure/table-writes.ts';
import { callbackHeaders } from '../../shared/deliveries/callback-request.ts';
import { exchangeOver } from '../../shared/outgoing/exchange.ts';
import { parseSigningSecret } from '../../shared/outgoing/signature.ts';
import type { Write } from '../../shared/storage/tables.ts';
import { callbackCipher } from '../../shared/subscriptions/callback-cipher.ts';
import { unreachable } from '../../shared/unreachable.ts';
import type { FloorOrder, FloorReport } from './floor.ts';

/**
 * What is left of the app when all that it decides and stores beyond the least is taken away. Takes
 * its orders from `floor.ts`.
 */
const callbacks = new Agent({ connections: 512, pipelining: 1, keepAliveTimeout: 30_000 });
const storage = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 60_000 });

const nowMs = (): number => performance.timeOrigin + performance.now();
const report = (message: FloorReport): void => void process.send?.(message);

/** Decrypts a URL, signs a body and POSTs it. */
async function post(
  { cipher, secrets }: { cipher: ReturnType<typeof callbackCipher>; secrets: ReturnType<typeof parseSigningSecret>[] },
  { sealed, context, deliveryId, body }: Extract<FloorOrder, { kind: 'fan-out' }>['callbacks'][number],
): Promise<void> {
  const { origin, pathname, search } = new URL(cipher.open(sealed, context));
  const headers = callbackHeaders({ deliveryId, userAgent: 'floor', secrets, atMs: Date.now(), body });
  const request = { origin, path: pathname + search, method: 'POST', headers, body } as const;
  const answer = await exchangeOver(callbacks, request, { timeoutMs: 30_000, maxBytes: 16_384 });
  if (answer === 'late' || answer.status !== 202) throw new Error('the sink did not accept a callback');
}

/** Sends a request to storage that was signed before, with nothing in between. */
async function send(
  { service, authorizations }: { service: URL; authorizations: (path: string) => Record<string, string> },
  { method, resource, headers, body }: TableRequest,
): Promise<void> {
  const path = `${service.pathname}/${resource}`;
  const request: Dispatcher.RequestOptions = {
    origin: service.origin,
    path,
    method,
    headers: { 'x-ms-version': '2019-02-02', dataserviceversion: '3.0', ...headers, ...authorizations(path) },
    body: body ?? null,
  };
  const response = await storage.request(request);
  const text = await response.body.text();
  if (response.statusCode >= 300) throw new Error(`storage: ${response.statusCode} ${text}`);
}

async function runEvent(order: Extract<FloorOrder, { kind: 'events' }>, event: number): Promise<number> {
  const { connectionString, table, callbacks: all, encryptionKey, signingSecret } = order;
  const setting = (name: string): string => new RegExp(`${name}=([^;]+)`).exec(connectionString)?.[1] ?? '';
  const service = new URL(setting('TableEndpoint'));
  const key = createSecretKey(Buffer.from(setting('AccountKey'), 'base64'));
  const authorizations = (path: string): Record<string, string> => {
    const date = new Date().toUTCString();
    const text = `${date}\n/${setting('AccountName')}${path.split('?')[0]}`;
    const signature = createHmac('sha256', key).update(text).digest('base64');
    return { 'x-ms-date': date, authorization: `SharedKeyLite ${setting('AccountName')}:${signature}` };
  };
  const to = { service, authorizations };
  const keys = { cipher: callbackCipher([encryptionKey]), secrets: [parseSigningSecret(signingSecret)] };
  const outbox = { partitionKey: 'state', rowKey: `outbox${order.firstEvent + event}`, text: 'x'.repeat(600) };
  const claim = { partitionKey: `event${order.firstEvent + event}`, rowKey: 'chunk0', text: 'x'.repeat(100) };
  const commit: Write[] = [
    { kind: 'upsert', row: { partitionKey: 'state', rowKey: `value${event % 20}`, text: 'x'.repeat(300) } },
    { kind: 'insert', row: outbox },
  ];

  const startedMs = nowMs();
  await send(to, batchRequest(`${service.href}/`, table, commit));
  const filter = encodeURIComponent(toFilter({ partition: 'recipients', from: '0', to: 'g' }));
  await send(to, { method: 'GET', resource: `${table}()?$filter=${filter}`, headers: READ });
  await send(to, writeRequest(table, { kind: 'insert', row: claim }));
  await Promise.all((all[event] ?? []).map((each) => post(keys, each)));
  await send(to, writeRequest(table, { kind: 'upsert', row: { ...claim, outcomes: 'x'.repeat(900) } }));
  await send(to, writeRequest(table, { kind: 'delete', row: outbox, etag: '*' }));
  return startedMs;
}

async function run(order: FloorOrder): Promise<void> {
  switch (order.kind) {
    case 'events': {
      const beganMs = performance.now();
      const running: Promise<number>[] = [];
      for (let event = 0; event < order.callbacks.length; event++) {
        const atMs = beganMs + (event * 1000) / order.perSecond;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
        running.push(runEvent(order, event));
      }
      report({ startedMs: await Promise.all(running) });
      return;
    }
    case 'fan-out': {
      const keys = {
        cipher: callbackCipher([order.encryptionKey]),
        secrets: [parseSigningSecret(order.signingSecret)],
      };
      const startedMs = nowMs();
      await Promise.all(order.callbacks.map((each) => post(keys, each)));
      report({ startedMs: [startedMs] });
      return;
    }
    default:
      unreachable(order);
  }
}

process.on('message', (order: FloorOrder) => void run(order));
process.on('disconnect', () => process.exit());
