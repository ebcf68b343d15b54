import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startCustomerInsightsSandbox } from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import type { CustomerInsightsSandbox } from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { builtApp } from '../functions/start-backend.ts';
import { ownAccount } from '../helpers/azurite.ts';
import { startStorageProxy, type StorageProxy } from '../helpers/storage-proxy.ts';
import { startFolder, type StartedApp } from '../sandbox/functions-host/start-app.ts';
import { leaksIn, marker, secretOf, type Secret, type Written } from './secrets.ts';
import { until } from './until.ts';

const signature = marker();
const permission = marker();
const workflow = marker();
const functionKey = marker();
const masterKey = marker();
const operatorKey = marker();
const wrongKey = marker();
const subscriptionKey = marker();
const accessToken = marker();
const identityHeader = marker();
const [oldKey, newKey, signing] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const sealing = (name: string, key: Buffer): string => `${name}:${key.toString('base64')}`;
const whsec = `whsec_${signing.toString('base64')}`;

const secrets: readonly Secret[] = [
  secretOf('signature of a callback URL', signature),
  secretOf('permissions of a callback URL', permission),
  secretOf('path of a callback URL', workflow),
  secretOf('function key', functionKey),
  secretOf('master key', masterKey),
  secretOf('operator key', operatorKey),
  secretOf('wrong key', wrongKey),
  secretOf('subscription key', subscriptionKey),
  secretOf('access token', accessToken),
  secretOf('header of the identity', identityHeader),
  secretOf('old encryption key', oldKey.toString('base64'), oldKey),
  secretOf('new encryption key', newKey.toString('base64'), newKey),
  secretOf('signing secret', signing.toString('base64'), signing),
  secretOf('storage key', 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq'),
];

/** How flows answer, by the end of their path. All that can hand our secrets back to us does. */
const behaviours = [
  'takes',
  'fails',
  'hangs',
  'resets',
  'redirects',
  'refuses',
  'is-gone',
  'is-off',
  'garbles',
] as const;
type Behaviour = (typeof behaviours)[number];
const SEGMENT = 'Secretive';

const written: Written[] = [];
const note = (where: string, what: string): void => void written.push({ where, text: what });
const cleanups: (() => Promise<unknown>)[] = [];
let proxy: StorageProxy;
let insights: CustomerInsightsSandbox;
let flows: string;
let identity: string;
let app: string;

beforeAll(async () => {
  proxy = await startStorageProxy(
    ownAccount(),
    () => 'pass',
    ({ url }, body) =>
      note(`storage ${url.pathname.split('/')[2]?.replace(/\(.*/, '') ?? ''}`, `${url.search} ${body}`),
  );
  cleanups.push(() => proxy.stop());
  insights = await startCustomerInsightsSandbox({ requiredKey: subscriptionKey });
  cleanups.push(() => insights.stop());
  flows = await serve(answerAsFlow);
  identity = await serve((_, response) => {
    const expiresOn = String(Math.floor(Date.now() / 1000) + 24 * 3600);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: accessToken, expires_on: expiresOn, token_type: 'Bearer' }));
  });
  app = await builtApp();
});
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server: Server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const callbackUrl = (behaviour: string, origin = flows): string =>
  `${origin}/workflows/${workflow}/${behaviour}?api-version=2016-06-01&sp=%2Ftriggers%2F${permission}&sv=1.0&sig=${signature}`;

async function answerAsFlow(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '', flows);
  note('callback', JSON.stringify(request.headers) + (await text(request)));
  const echo = JSON.stringify({ error: { code: signature, message: `${request.url ?? ''} ${whsec}` } });
  const say = (status: number, headers: Record<string, string> = {}, body = echo): void => {
    response.writeHead(status, { 'x-echo': request.url ?? '', 'retry-after': signature, ...headers });
    response.end(body);
  };
  const behaviour = pathname.split('/').at(-1) as Behaviour;
  if (behaviour === 'hangs') return;
  if (behaviour === 'resets') request.socket.resetAndDestroy();
  else if (behaviour === 'garbles') request.socket.end(`HTTP/9 ${request.url ?? ''}\r\n\r\n`);
  else if (behaviour === 'redirects') say(307, { location: callbackUrl('takes') });
  else if (behaviour === 'is-off') say(400, {}, '{"error":{"code":"WorkflowTriggerIsNotEnabled"}}');
  else say({ takes: 202, fails: 503, refuses: 400, 'is-gone': 410 }[behaviour]);
}

const settings = (more: Record<string, string> = {}): Record<string, string> => ({
  AzureWebJobsStorage: proxy.connectionString,
  CUSTOMER_INSIGHTS_API_URL: insights.url,
  CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY: subscriptionKey,
  IDENTITY_ENDPOINT: `${identity}/token`,
  IDENTITY_HEADER: identityHeader,
  CALLBACK_ALLOWED_HOSTS: '*',
  CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8',
  CALLBACK_ENCRYPTION_KEYS: sealing('old', oldKey),
  WEBHOOK_SIGNING_SECRETS: whsec,
  OPERATOR_KEYS: `anna:${operatorKey}`,
  PUBLIC_BASE_URL: 'https://triggers.contoso.example',
  RATE_LIMIT_CALLS: '0',
  POLL_SCHEDULE: '0 0 0 1 1 *',
  // One flow hangs, twice; the others answer at once, also on a busy machine.
  DELIVERY_TIMEOUT_MS: '3000',
  DELIVERY_SCHEDULE_SECONDS: '1',
  ...more,
});

async function start(more: Record<string, string> = {}): Promise<StartedApp> {
  const hostKeys = { _master: masterKey, flows: functionKey };
  const host = await startFolder(app, { enableAuth: true, hostKeys, verbose: true, environment: settings(more) });
  return host;
}

interface Called {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** One call, of whose answer everything is noted. */
async function call(
  host: StartedApp,
  method: string,
  route: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Called> {
  const response = await fetch(`${host.url}/${route}`, {
    method,
    headers: {
      'x-functions-key': functionKey,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answered = await response.text();
  note(`answer to ${method} ${route.split('?')[0] ?? ''}`, JSON.stringify([...response.headers]) + answered);
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: isJson ? (JSON.parse(answered) as Called['body']) : {} };
}

const operate = (host: StartedApp, method: string, route: string, body?: unknown): Promise<Called> =>
  call(host, method, `api/manage/${route}`, {
    headers: { 'x-operator-key': operatorKey },
    ...((body !== undefined || method === 'POST') && { body: body ?? {} }),
  });
const listed = async (host: StartedApp, route: string): Promise<Record<string, unknown>[]> =>
  (await operate(host, 'GET', route)).body['value'] as Record<string, unknown>[];

const subscriptions = 'api/triggers/segment-threshold-crossed/subscriptions';
const subscribe = (host: StartedApp, url: string, more: object = {}, headers = {}): Promise<Called> =>
  call(host, 'POST', subscriptions, {
    headers,
    body: { callbackUrl: url, instanceId, segmentName: SEGMENT, threshold: 100, ...more },
  });

/** The segment rises; every delivery of the event has come to rest. */
async function rise(host: StartedApp): Promise<Record<string, number>> {
  const evaluations = [10, 200].map((memberCount) => ({ kind: 'succeeded' as const, memberCount }));
  insights.control.evaluateSegment({ instanceId, segmentName: SEGMENT, evaluations });
  await runPoll(host);
  let statuses: Record<string, number> = {};
  await until(async () => {
    const deliveries = await listed(host, 'deliveries?top=100');
    statuses = {};
    for (const { status } of deliveries) statuses[String(status)] = (statuses[String(status)] ?? 0) + 1;
    return deliveries.length > 0 && !('pending' in statuses) && !('retrying' in statuses);
  });
  return statuses;
}

async function runPoll(host: StartedApp): Promise<void> {
  const { status } = await call(host, 'POST', 'admin/functions/poll-instance', {
    headers: { 'x-functions-key': masterKey },
    body: { input: JSON.stringify({ v: 1, instanceId }) },
  });
  expect(status).toBe(202);
}

async function rotateKeys(keys: string): Promise<number> {
  const env = { AzureWebJobsStorage: proxy.connectionString, CALLBACK_ENCRYPTION_KEYS: keys };
  return new Promise((resolve) => {
    execFile(process.execPath, [path.resolve('scripts/rotate-keys.ts')], { env }, (error, stdout, stderr) => {
      note('rotate-keys', stdout + stderr);
      resolve(Number(error?.code ?? 0));
    });
  });
}

test('no secret is in any line of the log, error, row, message, answer or callback, whatever goes wrong', async () => {
  insights.control.addSegment({ instanceId, name: SEGMENT, memberCount: 10 });
  const first = await start();

  // Flows of every kind, and requests that are refused.
  let subscribedId = '';
  for (const behaviour of behaviours) {
    const { status, body } = await subscribe(first, callbackUrl(behaviour));
    expect(status).toBe(201);
    subscribedId = String(body['id']);
  }
  await call(first, 'POST', `${subscriptions}?code=${functionKey}`, { headers: { 'x-functions-key': '' }, body: {} });
  const refusals = [
    await subscribe(first, callbackUrl('takes', 'http://10.0.0.1')),
    await subscribe(first, callbackUrl('takes').replace('?', ' ?')),
    await subscribe(first, callbackUrl('takes') + '#'),
    await subscribe(first, callbackUrl('x'.repeat(17_000))),
    await subscribe(first, callbackUrl('takes'), { segmentName: 'Nowhere' }),
    await subscribe(first, callbackUrl('takes'), { notes: callbackUrl('takes') }),
    await subscribe(first, callbackUrl('takes'), { threshold: callbackUrl('takes') }),
    await call(first, 'POST', subscriptions, { body: `{"callbackUrl": "${callbackUrl('takes')}` }),
    await subscribe(first, callbackUrl('takes'), {}, { 'x-functions-key': wrongKey }),
    await call(first, 'GET', `${subscriptions}?code=${wrongKey}`, { headers: { 'x-functions-key': '' } }),
    await call(first, 'GET', 'api/manage/queues', { headers: { 'x-operator-key': wrongKey } }),
  ];
  expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400, 404, 400, 400, 400, 401, 401, 401]);

  expect(await rise(first)).toEqual({ delivered: 1, dead: 6, ended: 1, parked: 1 });

  // Everything that an operator can read and do.
  for (const { id } of await listed(first, 'subscriptions')) {
    await operate(first, 'GET', `subscriptions/${String(id)}`);
    await call(first, 'GET', `${subscriptions}/${String(id)}`);
    await operate(first, 'POST', `subscriptions/${String(id)}/resume`);
    await operate(first, 'POST', `subscriptions/${String(id)}/recover`, { since: '2026-01-01T00:00:00Z' });
  }
  for (const { deliveryId, eventId } of await listed(first, 'deliveries')) {
    await operate(first, 'GET', `deliveries/${String(deliveryId)}`);
    await operate(first, 'GET', `events/${String(eventId)}`);
    await operate(first, 'POST', `deliveries/${String(deliveryId)}/redeliver`);
  }
  for (const queue of ['polls', 'deliveries', 'retries']) await operate(first, 'POST', `queues/${queue}/redrive`);
  for (const route of ['queues', 'events']) await operate(first, 'GET', route);
  await operate(first, 'POST', 'connections/move', { from: wrongKey, to: 'b' });
  await call(first, 'GET', 'api/health');
  await call(first, 'GET', `api/events?instanceId=${instanceId}&since=2026-01-01T00:00:00Z`);
  expect(await first.stop()).toBe(0);

  // Other keys; callbacks that were allowed and no longer are; Customer Insights and storage that
  // fail.
  expect(await rotateKeys(sealing('new', newKey))).toBe(1);
  expect(await rotateKeys(`new:${oldKey.toString('base64').slice(4)}`)).toBe(1);
  expect(await rotateKeys(`${sealing('new', newKey)},${sealing('old', oldKey)}`)).toBe(0);
  const second = await start({
    CALLBACK_ALLOWED_NETWORKS: '',
    CALLBACK_ENCRYPTION_KEYS: sealing('new', newKey),
  });
  expect(await rise(second)).toMatchObject({ delivered: 1 });
  for (const kind of ['garbage', 'reset', 'html'] as const) {
    insights.control.addFault({ fault: { kind }, times: 5 });
    await call(second, 'GET', `api/instances/${instanceId}/segments`);
    insights.control.clearFaults();
  }
  await proxy.stop();
  expect((await call(second, 'GET', subscriptions)).status).toBe(503);
  expect((await call(second, 'DELETE', `${subscriptions}/${subscribedId}`)).status).toBe(503);
  expect((await operate(second, 'GET', 'deliveries')).status).toBe(503);
  await second.stop();

  // Settings at fault.
  for (const name of ['CALLBACK_ENCRYPTION_KEYS', 'WEBHOOK_SIGNING_SECRETS', 'OPERATOR_KEYS', 'AzureWebJobsStorage']) {
    const wrong = `${operatorKey} ${oldKey.toString('base64')} ${signing.toString('base64')};AccountKey=${functionKey}`;
    const refused = await start({ [name]: wrong }).catch((error: unknown) => error);
    note('settings at fault', String(refused));
    expect(String(refused)).toContain(name);
  }

  note('log', first.lines.concat(second.lines).join('\n'));
  expect(leaksIn(written, secrets)).toEqual([]);

  // All those locations were searched, and a secret in any of them would have been found.
  const locations = new Set(written.map(({ where }) => where));
  expect([...locations].filter((location) => location.startsWith('storage')).length).toBeGreaterThan(5);
  expect(first.lines.filter((line) => line.includes('delivery.attempted')).length).toBeGreaterThan(10);
  for (const where of locations) {
    for (const { name, forms } of secrets) {
      for (const form of forms) {
        expect(leaksIn([{ where, text: `{"a":"b${form}c"}` }], secrets)).toContain(`${where}: ${name}`);
      }
    }
  }
});
