import { Agent, request, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { contosoInstanceId, contosoSandboxInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { isTrigger, triggerNames } from '../../shared/triggers/trigger.ts';
import { inRotation, sized } from '../helpers/test-size.ts';
import { hostileBodies, hostileHeaders, hostileQueries, hostileSegments } from './hostile-input.ts';
import { registeredRoutes, type RegisteredRoute } from './registered-routes.ts';
import { customerInsights, startBackend, type StartedBackend } from './start-backend.ts';
import { storedRows } from './stored-rows.ts';
import { bodyOf, SECRET, subscriptionsOf } from './subscribe-bodies.ts';

/**
 * Another run: `FUZZ_SEED=7 npm test -- tests/functions/fuzz`. A failing case is printed with its
 * seed, made as small as it goes.
 */
const SEED = Number(process.env['FUZZ_SEED'] ?? 20261123);
const REQUESTS = sized({ small: 400, full: 10_000 });
/** On the way at the same time. */
const AT_ONCE = sized({ small: 7, full: 20 });
const ANSWERS_WITHIN_MS = 120_000;
const OPERATOR_KEY = '0perator-S3CR3T-key';
const FUNCTIONS_KEY = 'functions-S3CR3T';

interface HostileRequest {
  readonly method: string;
  /** As it stands in the request line. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer | undefined;
}

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

let backend: StartedBackend;
let routes: RegisteredRoute[];
let before: Awaited<ReturnType<typeof storedRows>>;
/** Somebody's who takes no part. */
let ofAnother: string;
let sent = 0;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

beforeAll(async () => {
  routes = await registeredRoutes();
  backend = await startBackend({ settings: { OPERATOR_KEYS: `fuzz:${OPERATOR_KEY}` } });
  const trigger = 'segment-threshold-crossed';
  const headers = { 'x-functions-key': 'another' };
  const made = await backend.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'another'), headers });
  ofAnother = (made.body as { id: string }).id;
  before = await storedRows();
});
afterAll(() => agent.destroy());

/** A valid value of a parameter of a route. A route with another parameter needs one here. */
const genuine: Readonly<Record<string, (one: RegisteredRoute) => readonly string[]>> = {
  // Operators may end a real one.
  id: ({ route }) => [...(route.startsWith('manage/') ? [] : [ofAnother]), `${ofAnother.slice(0, -4)}AAAA`],
  trigger: () => triggerNames,
  instanceId: () => [contosoInstanceId, contosoSandboxInstanceId, '99999999-9999-4999-8999-999999999999'],
  entity: () => ['Customer', 'NoSuchEntity'],
  itemId: () => ['1', 'C-1001'],
  partitionId: () => ['0', 'part-0'],
  eventId: () => ['evt_1'],
  deliveryId: () => ['dlv_1'],
  queue: () => ['deliveries', 'nothing'],
  name: () => ['index.js'],
};

/**
 * Bodies that the route takes but for what is then done to them. A route that reads one and is not
 * here is an error.
 */
function genuineBody({ method, route, name }: RegisteredRoute): Record<string, unknown> | undefined {
  const [, second = ''] = route.split('/');
  if (route.startsWith('triggers/') && isTrigger(second)) return bodyOf(second, 'fuzz');
  if (route.startsWith('triggers/')) return bodyOf('segment-threshold-crossed', 'fuzz');
  const bodies: Readonly<Record<string, Record<string, unknown>>> = {
    'ManageSubscriptions-recover': { since: '2026-11-20T00:00:00Z' },
    'ManageRecoveries-start': { since: '2026-11-20T00:00:00Z', dryRun: true },
    'ManageConnections-move': { from: 'key-from', to: 'key-to' },
    CreateItem: { CustomerId: 'new', FullName: 'Somebody' },
    UpdateItem: { FullName: 'Somebody else' },
  };
  const takesNone = [
    'ManageSubscriptions-pause',
    'ManageSubscriptions-test',
    'ManageSubscriptions-resume',
    'ManageDeliveries-redeliver',
    'ManageQueues-redrive',
  ];
  if (method === 'GET' || method === 'DELETE' || takesNone.includes(name)) return undefined;
  const body = bodies[name];
  if (body === undefined) throw new Error(`no genuine body of ${name}: add one`);
  return body;
}

/** The query parameters of a route, from its own words about one that it does not have. */
async function parametersOf(one: RegisteredRoute): Promise<readonly string[]> {
  const path = one.route.replaceAll(/\{\*?(\w+)\??\}/g, (_, parameter: string) => genuine[parameter]?.(one)[0] ?? 'x');
  const { body } = await backend.call(one.method, `${path}?no-such=1`, {
    headers: { 'x-functions-key': FUNCTIONS_KEY, 'x-operator-key': OPERATOR_KEY },
  });
  const { detail = '' } = (body ?? {}) as { detail?: string };
  return (
    /It has (\S.*)\.$/
      .exec(detail)?.[1]
      ?.split(', ')
      .filter((name) => name !== 'none') ?? []
  );
}

function hostileRequests(one: RegisteredRoute, known: readonly string[]): fc.Arbitrary<HostileRequest> {
  const path = fc
    .tuple(
      ...one.route.split('/').map((segment) => {
        const parameter = /^\{\*?(\w+)\??\}$/.exec(segment)?.[1];
        if (parameter === undefined) return fc.constant(segment);
        const values = genuine[parameter];
        if (values === undefined) throw new Error(`no genuine value of {${parameter}} in ${one.route}: add one`);
        return fc.oneof(
          { weight: 2, arbitrary: fc.constantFrom(...values(one)) },
          { weight: 3, arbitrary: hostileSegments },
        );
      }),
    )
    .map((segments) => `/api/${segments.join('/')}`);
  const body = genuineBody(one);
  return fc
    .record({ path, query: hostileQueries(known), headers: hostileHeaders, body: hostileBodies(body) })
    .map(({ path: written, query, headers, body: bytes }) => ({
      method: one.method,
      path: written + query,
      headers: {
        ...headers,
        'x-functions-key': FUNCTIONS_KEY,
        ...(one.route.startsWith('manage/') && { 'x-operator-key': OPERATOR_KEY }),
        ...(one.method !== 'GET' && { 'content-length': bytes.length }),
      },
      body: one.method === 'GET' ? undefined : bytes,
    }));
}

function send({ method, path, headers, body }: HostileRequest): Promise<Seen> {
  sent += 1;
  return new Promise((resolve, reject) => {
    const going = request(backend.url, { method, path, headers, agent, timeout: ANSWERS_WITHIN_MS }, (response) => {
      const { statusCode: status = 0 } = response;
      text(response).then((received) => resolve({ status, headers: response.headers, body: received }), reject);
    });
    going.on('timeout', () => going.destroy(new Error(`no answer within ${ANSWERS_WITHIN_MS} ms`)));
    going.on('error', reject);
    going.end(body);
  });
}

/** What answers have. One more would be one that a request had brought in. */
const HEADERS = new Set([
  ...['connection', 'content-length', 'content-type', 'date', 'keep-alive', 'location', 'retry-after'],
  ...['transfer-encoding', 'cache-control', 'x-content-type-options', 'x-operator-access'],
  // Of pages.
  ...['content-encoding', 'content-security-policy', 'referrer-policy', 'vary'],
  ...['cross-origin-opener-policy', 'cross-origin-resource-policy'],
  // Of files.
  'content-disposition',
]);

function expectSafe(asked: HostileRequest, { status, headers, body }: Seen): void {
  const isPage = asked.path.startsWith('/api/dashboard');
  // What the host itself answers has no body, and none of our headers.
  const isOurs = body !== '';
  const found = {
    isServed: status >= 200 && status < 500,
    otherHeaders: Object.keys(headers).filter((name) => !HEADERS.has(name)),
    isSniffed: isOurs && headers['x-content-type-options'] !== 'nosniff',
    isStored: isOurs && !isPage && headers['cache-control'] !== 'no-store',
    isOtherType: isOurs && !isPage && headers['content-type'] !== typeOf(status, asked.path),
    leaks: `${JSON.stringify(headers)}${body}`.includes(SECRET),
  };
  const shown = {
    ...asked,
    body: asked.body?.toString('latin1').slice(0, 2_000),
    status,
    answer: body.slice(0, 2_000),
  };
  const safe = {
    isServed: true,
    otherHeaders: [],
    isSniffed: false,
    isStored: false,
    isOtherType: false,
    leaks: false,
  };
  expect({ ...shown, ...found }).toEqual({ ...shown, ...safe });
}

/** What a maker downloads is no JSON. */
const files = { '.zip': 'application/zip', '.png': 'image/png' } as const;

function typeOf(status: number, path: string): string {
  if (status >= 400) return 'application/problem+json';
  const [, extension] = /^\/api\/connector\/[\w-]+(\.zip|\.png)(?:$|\?)/i.exec(path) ?? [];
  return extension === undefined ? 'application/json' : files[extension.toLowerCase() as keyof typeof files];
}

/** Routes that are fuzzed together. */
const groups = ['triggers/', 'instances', 'manage/', ''] as const;
const groupOf = ({ route }: RegisteredRoute): string => groups.find((prefix) => route.startsWith(prefix)) ?? '';

test.each(groups)(
  'whatever comes, routes under "%s" answer it, and neither 500 nor with what was secret',
  async (group) => {
    const fuzzed = routes.filter((one) => groupOf(one) === group);
    expect(fuzzed.length).toBeGreaterThan(0);
    const runs = Math.ceil(REQUESTS / routes.length / AT_ONCE);
    for (const one of fuzzed) {
      const known =
        one.method === 'DELETE' || (groupOf(one) === '' && one.route !== 'events') ? [] : await parametersOf(one);
      await fc.assert(
        fc.asyncProperty(
          fc.array(hostileRequests(one, known), { minLength: AT_ONCE, maxLength: AT_ONCE }),
          async (requests) => {
            const answers = await Promise.all(requests.map(send));
            requests.forEach((asked, index) => expectSafe(asked, answers[index] as Seen));
          },
        ),
        {
          seed: SEED,
          numRuns: runs,
          endOnFailure: false,
        },
      );
    }
  },
);

test(`more than ${REQUESTS.toLocaleString('en-US')} were sent, nothing of them is stored, and the service is well`, async () => {
  expect(sent).toBeGreaterThanOrEqual(REQUESTS);
  const { state: stateBefore = [], ...others } = before;
  const { state = [], ...rest } = await storedRows();
  // The audit has the actions of an operator, refused ones too, but no body that could not be read.
  const after = Object.fromEntries(Object.entries(rest).filter(([table]) => !table.startsWith('audit')));
  expect(after).toEqual(others);
  // To read a subject is to observe it. Nobody else's was read.
  const instances = new Set([...stateBefore, ...state].map(({ partitionKey }) => partitionKey));
  expect([...instances].filter((id) => ![contosoInstanceId, contosoSandboxInstanceId].includes(id))).toEqual([]);
  expect((await backend.call('GET', 'health')).status).toBe(200);
  const headers = { 'x-functions-key': 'another' };
  const path = `${subscriptionsOf('segment-threshold-crossed')}/${ofAnother}`;
  expect((await backend.call('GET', path, { headers })).body).toMatchObject({ id: ofAnother, status: 'active' });
});

test('a segment of any name can be subscribed to, found and left', async () => {
  const { control } = await customerInsights();
  const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  const names = [
    ...printable.map((character) => `a${character}b`),
    ...[
      '/\\#?%,',
      "'; --",
      'ß',
      '客户',
      '🚀',
      'e\u0301',
      '\u202e',
      '\u0001',
      '\u007f',
      '\u0085',
      '\ufeff',
      '%2F',
      'x'.repeat(256),
    ],
    ...['__proto__', 'constructor', 'toString', '.', '..', 'null', ' '],
  ];
  const trigger = 'segment-threshold-crossed';
  const path = subscriptionsOf(trigger);
  const headers = { 'x-functions-key': 'names' };
  for (const segmentName of inRotation([...new Set(names)], 15)) {
    control.addSegment({ instanceId: contosoInstanceId, name: segmentName, memberCount: 1 });
    const body = { ...bodyOf(trigger, 'named'), segmentName };
    const made = await backend.call('POST', path, { body, headers });
    expect({ segmentName, status: made.status }).toEqual({ segmentName, status: 201 });
    const { id } = made.body as { id: string };
    expect(id).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect((await backend.call('GET', `${path}/${id}`, { headers })).body).toMatchObject({ id, segmentName });
    expect((await backend.call('DELETE', `${path}/${id}`, { headers })).status).toBe(204);
    expect((await backend.call('GET', `${path}/${id}`, { headers })).status).toBe(404);
  }
});
