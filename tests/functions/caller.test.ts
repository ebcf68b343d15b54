import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectProblem } from './expect-problem.ts';
import { startBackend, type Answered, type CallOptions, type StartedBackend } from './start-backend.ts';
import { storedRows } from './stored-rows.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

const trigger = 'unification-refresh-completed';
const path = subscriptionsOf(trigger);
type Headers = NonNullable<CallOptions['headers']>;

let flows = 0;
async function subscribe(backend: StartedBackend, headers: Headers, query = ''): Promise<string> {
  flows += 1;
  const answer = await backend.call('POST', path + query, { body: bodyOf(trigger, `flow-${flows}`), headers });
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
}
const get = (backend: StartedBackend, id: string, headers: Headers, query = ''): Promise<number> =>
  backend.call('GET', `${path}/${id}${query}`, { headers }).then(({ status }) => status);

describe('with keys that the host enforces', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend({
      enableAuth: true,
      hostKeys: { _master: 'm4ster', default: 'k3y-one', flows: 'k3y-two' },
    });
  });

  test.each([
    'GET triggers/unification-refresh-completed/subscriptions',
    'POST triggers/no-such/subscriptions',
    'GET instances',
  ])('%s without a key, or with a wrong one, is the 401 of the host, without a body', async (route) => {
    const [method = '', relative = ''] = route.split(' ');
    const answers: Answered[] = [
      await backend.call(method, relative),
      await backend.call(method, relative, { headers: { 'x-functions-key': 'wrong' } }),
      await backend.call(method, `${relative}?code=`),
    ];
    for (const answer of answers) expect(answer).toMatchObject({ status: 401, body: undefined });
  });

  test('each key is a connection of its own, in the header or in the query', async () => {
    const id = await subscribe(backend, { 'x-functions-key': 'k3y-one' });
    expect(await get(backend, id, { 'X-Functions-Key': 'k3y-one' })).toBe(200);
    expect(await get(backend, id, {}, '?code=k3y-one')).toBe(200);
    expect(await get(backend, id, {}, '?CODE=k3y-one')).toBe(200);
    expect(await get(backend, id, { 'x-functions-key': 'k3y-two' })).toBe(404);
    expect(await get(backend, id, { 'x-functions-key': 'm4ster' })).toBe(404);
  });

  test('the key in the header goes before the one in the query, as the host has it', async () => {
    const id = await subscribe(backend, { 'x-functions-key': 'k3y-one' }, '?code=k3y-two');
    expect(await get(backend, id, { 'x-functions-key': 'k3y-one' })).toBe(200);
    expect(await get(backend, id, {}, '?code=k3y-two')).toBe(404);
  });

  test('of one key no second connection can be made by sending more behind it', async () => {
    const answers = [
      await backend.call('GET', path, { headers: { 'x-functions-key': ['k3y-one', 'more'] } }),
      await backend.call('GET', `${path}?code=k3y-one&code=more`),
      await backend.call('GET', `${path}?code=k3y-one&CODE=`),
    ];
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'not-authenticated' } });
    }
  });

  test('nobody is believed who claims to be signed in', async () => {
    const answer = await backend.call('GET', path, { headers: principal('tenant', 'object') });
    expect(answer.status).toBe(401);
  });

  test('health asks for no key', async () => {
    expect((await backend.call('GET', 'health')).status).toBe(200);
  });

  test('no key is stored in clear', async () => {
    await subscribe(backend, { 'x-functions-key': 'k3y-one' });
    const rows = await storedRows();
    expect(rows['connections']?.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain('k3y-one');
    expect(backend.lines.join('\n')).not.toContain('k3y-one');
  });
});

test('without enforced keys, calls without a key share one connection, and others have their own', async () => {
  const backend = await startBackend();
  const id = await subscribe(backend, {});
  expect(await get(backend, id, {})).toBe(200);
  expect(await get(backend, id, { 'x-functions-key': '' })).toBe(200);
  expect(await get(backend, id, { 'x-functions-key': 'any' })).toBe(404);
});

/** What App Service authentication reports about who signed in. */
function principal(tenantId: string | undefined, objectId: string | undefined, long = false): Headers {
  const claims = [
    { typ: long ? 'http://schemas.microsoft.com/identity/claims/tenantid' : 'tid', val: tenantId },
    { typ: long ? 'http://schemas.microsoft.com/identity/claims/objectidentifier' : 'oid', val: objectId },
    { typ: 'name', val: 'Zoë' },
  ].filter(({ val }) => val !== undefined);
  return header({ auth_typ: 'aad', claims, name_typ: 'name', role_typ: 'roles' });
}

function header(value: unknown): Headers {
  return { 'x-ms-client-principal': Buffer.from(JSON.stringify(value)).toString('base64') };
}

describe('with Microsoft Entra ID', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend({
      enableAuth: true,
      hostKeys: { _master: 'm4ster' },
      settings: { AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'True' },
    });
  });

  test.each<[string, Headers]>([
    ['without a principal', {}],
    ['with a key', { 'x-functions-key': 'm4ster' }],
    ['with a principal that is no JSON', { 'x-ms-client-principal': 'bm9uc2Vuc2U=' }],
    ['with null for a principal', header(null)],
    ['with claims that are no list', header({ claims: { tid: 'tenant', oid: 'object' } })],
    ['without a tenant', principal(undefined, 'object')],
    ['without an object id', principal('tenant', undefined)],
    ['with a bearer token alone', { authorization: 'Bearer x.y.z' }],
  ])('a call %s is answered 401 by us, on every route', async (_, headers) => {
    const routes = [
      ['GET', path],
      ['POST', path],
      ['GET', `${path}/an-id`],
      ['DELETE', `${path}/an-id`],
      ['GET', 'triggers/no-such/subscriptions'],
      ['GET', 'instances'],
      ['GET', 'instances/no-guid/segments'],
    ] as const;
    for (const [method, route] of routes) {
      const body = method === 'POST' ? bodyOf(trigger, 'flow') : undefined;
      await expectProblem(() => backend.call(method, route, { headers, body }), 401, 'not-authenticated');
    }
  });

  test('a connection is a tenant and an object, however the claims are named', async () => {
    const id = await subscribe(backend, principal('tenant-a', 'object-1'));
    expect(await get(backend, id, principal('tenant-a', 'object-1'))).toBe(200);
    expect(await get(backend, id, principal('tenant-a', 'object-1', true))).toBe(200);
    expect(await get(backend, id, principal('tenant-a', 'object-2'))).toBe(404);
    expect(await get(backend, id, principal('tenant-b', 'object-1'))).toBe(404);
  });

  test('a page of another site acts for nobody who is signed in, but may lead to what is only read', async () => {
    const from = (site: string): Headers => ({ ...principal('tenant-a', 'object-1'), 'sec-fetch-site': site });
    const item = 'instances/11111111-2222-3333-4444-555555555555/entities/people/items';
    for (const site of ['cross-site', 'same-site', 'something new']) {
      const headers = from(site);
      for (const [method, route] of [
        ['POST', path],
        ['DELETE', `${path}/an-id`],
        ['POST', item],
        ['PATCH', `${item}/1`],
      ] as const) {
        const body = method === 'DELETE' ? undefined : bodyOf(trigger, 'flow');
        await expectProblem(() => backend.call(method, route, { headers, body }), 403, 'cross-site-call');
      }
      expect((await backend.call('GET', path, { headers })).status).toBe(200);
    }
    for (const site of ['same-origin', 'none']) await subscribe(backend, from(site));
  });

  test('health asks for nobody', async () => {
    expect((await backend.call('GET', 'health')).status).toBe(200);
  });
});

test('where the platform does not sign callers in, nobody is believed who brings a principal, and health says why', async () => {
  const backend = await startBackend({ settings: { AUTHENTICATION: 'entra' } });
  const headers = principal('tenant', 'object');
  const instance = 'instances/11111111-2222-3333-4444-555555555555';
  for (const [method, route] of [
    ['GET', path],
    ['POST', path],
    ['DELETE', `${path}/an-id`],
    ['GET', 'instances'],
    ['GET', `${instance}/entities/people/items`],
  ] as const) {
    const body = method === 'POST' ? bodyOf(trigger, 'flow') : undefined;
    await expectProblem(() => backend.call(method, route, { headers, body }), 401, 'not-authenticated');
  }
  expect(await backend.call('GET', 'health')).toMatchObject({
    status: 200,
    body: { status: 'healthy', warnings: [expect.stringMatching(/^AUTHENTICATION .*WEBSITE_AUTH_ENABLED/)] },
  });
});

test('an account of a tenant that is not named is nobody', async () => {
  const tenants = { WEBSITE_AUTH_AAD_ALLOWED_TENANTS: 'tenant-a,tenant-b' };
  const backend = await startBackend({
    settings: { AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'True', ...tenants },
  });
  const id = await subscribe(backend, principal('tenant-b', 'object-9'));
  expect(await get(backend, id, principal('tenant-b', 'object-9'))).toBe(200);
  const headers = principal('tenant-c', 'object-9');
  await expectProblem(() => backend.call('GET', path, { headers }), 401, 'not-authenticated');
});
