import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { isTrigger, triggerNames, type Trigger } from '../../shared/triggers/trigger.ts';
import { expectProblem } from './expect-problem.ts';
import { registeredRoutes, type RegisteredRoute } from './registered-routes.ts';
import { startBackend, type Answered, type CallOptions, type StartedBackend } from './start-backend.ts';
import { storedRows } from './stored-rows.ts';
import { inRotation } from '../helpers/test-size.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

type Headers = NonNullable<CallOptions['headers']>;

/** For anybody: they return nothing that is anybody's. */
const ANONYMOUS = /^(Health|Connector\w+|OpenApi|Dashboard-\w+)$/;
const OPERATOR: Headers = { 'x-operator-key': '0perator-of-these-tests' };
const OTHER_INSTANCE = '99999999-9999-4999-8999-999999999999';

let routes: RegisteredRoute[];
beforeAll(async () => {
  routes = await registeredRoutes();
});

const isManage = ({ route }: RegisteredRoute): boolean => route.startsWith('manage/');
const isAnonymous = ({ name }: RegisteredRoute): boolean => ANONYMOUS.test(name);
const isClients = (one: RegisteredRoute): boolean => !isManage(one) && !isAnonymous(one);
/** The trigger of a route of one connection's subscriptions. */
const triggerOf = ({ route }: RegisteredRoute): Trigger | undefined => {
  const [, name = ''] = route.split('/');
  return route.startsWith('triggers/') && isTrigger(name) ? name : undefined;
};

/** The route with something in the place of each parameter. */
function filled(route: string, values: Readonly<Record<string, string>> = {}): string {
  return route.replaceAll(/\{\*?(\w+)\??\}/g, (_, name: string) => values[name] ?? 'something');
}

function callTo(
  backend: StartedBackend,
  one: RegisteredRoute,
  { values, headers = {} }: { values?: Readonly<Record<string, string>>; headers?: Headers } = {},
): Promise<Answered> {
  const trigger = triggerOf(one);
  const isSubscribe = one.method === 'POST' && trigger !== undefined && !one.route.includes('{id}');
  const body = isSubscribe ? bodyOf(trigger, 'flow') : {};
  return backend.call(one.method, filled(one.route, values), { headers, ...(one.method !== 'GET' && { body }) });
}

describe('every route asks who is calling', () => {
  test('there are routes of clients, of operators and for anybody, and no others', () => {
    for (const one of routes) {
      const isOpen = isAnonymous(one) || isManage(one);
      expect(one).toMatchObject({ authLevel: isOpen ? 'anonymous' : 'function' });
    }
    expect(routes.filter(isManage).length).toBeGreaterThanOrEqual(13);
    expect(routes.filter(isClients).length).toBeGreaterThanOrEqual(30 + 13);
  });

  test('with keys, the host answers 401 to clients without one', async () => {
    const backend = await startBackend({ enableAuth: true, hostKeys: { _master: 'm4ster', default: 'k3y' } });
    for (const one of routes.filter(isClients)) {
      expect(one).toMatchObject({ authLevel: 'function' });
      for (const headers of [{}, { 'x-functions-key': 'wrong' }, OPERATOR]) {
        const { status, body } = await callTo(backend, one, { headers });
        expect({ ...one, status, body }).toEqual({ ...one, status: 401, body: undefined });
      }
    }
  });

  const claims: readonly (readonly [string, Headers, Headers])[] = [
    ['believes nobody without a principal', { WEBSITE_AUTH_ENABLED: 'True' }, {}],
    ['believes no principal where the platform signs nobody in', {}, { 'x-ms-client-principal': principal() }],
    [
      'believes no principal where the platform says that it signs nobody in',
      { WEBSITE_AUTH_ENABLED: 'False' },
      { 'x-ms-client-principal': principal() },
    ],
  ];
  test.each(inRotation(claims, 1))('with Entra ID, %s', async (_, settings, headers) => {
    const backend = await startBackend({
      settings: { AUTHENTICATION: 'entra', OPERATOR_KEYS: 'ops:0perator-of-these-tests', ...settings },
    });
    for (const one of routes.filter((route) => !isAnonymous(route))) {
      await expectProblem(() => callTo(backend, one, { headers }), 401, 'not-authenticated');
    }
  });

  test('operators are known by their key alone, and by no key of a client', async () => {
    const backend = await startBackend({
      enableAuth: true,
      hostKeys: { _master: 'm4ster', default: 'k3y' },
      settings: { OPERATOR_KEYS: 'ops:0perator-of-these-tests' },
    });
    for (const one of routes.filter(isManage)) {
      for (const key of ['m4ster', 'k3y', '0perator-of-these-tests']) {
        const headers = { 'x-functions-key': key };
        await expectProblem(() => callTo(backend, one, { headers }), 401, 'not-authenticated');
      }
      const { status } = await callTo(backend, one, { headers: OPERATOR });
      expect({ ...one, isAllowed: status !== 401 && status !== 403 }).toEqual({ ...one, isAllowed: true });
    }
  });
});

function principal(): string {
  const claims = [
    { typ: 'tid', val: 'tenant' },
    { typ: 'oid', val: 'object' },
    { typ: 'roles', val: 'Operator' },
  ];
  return Buffer.from(JSON.stringify({ claims })).toString('base64');
}

describe("another connection's subscription", () => {
  const b: Headers = { 'x-functions-key': 'connection-b' };
  const a: Headers = { 'x-functions-key': 'connection-a' };
  const idsOfB = new Map<Trigger, string>();
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend();
    for (const trigger of triggerNames) {
      const made = await backend.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'of b'), headers: b });
      expect(made.status).toBe(201);
      idsOfB.set(trigger, (made.body as { id: string }).id);
      // With one of its own, so that nobody is refused for having none.
      await backend.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'of a'), headers: a });
    }
  });

  /** Everything that a server might take for the same id. */
  const forms: readonly (readonly [string, (id: string) => string])[] = [
    ['as it is', (id) => id],
    ['encoded', (id) => id.replaceAll('_', '%5F').replaceAll('-', '%2D')],
    ['encoded twice', (id) => id.replaceAll('_', '%255F')],
    ['with a slash behind', (id) => `${id}/`],
    ['with a dot segment', (id) => `./${id}`],
    ['with a blank behind', (id) => `${id}%20`],
    ['with a null behind', (id) => `${id}%00`],
    ['in lower case', (id) => id.toLowerCase()],
    ['in upper case', (id) => id.toUpperCase()],
    ['in single quotes', (id) => `'${id}'`],
    ['with a query behind', (id) => `${id}?id=${id}&connection=connection-b`],
  ];

  test('is unknown on every route and in every form of its id, and nothing touches it', async () => {
    const withId = routes.filter(({ route }) => route.startsWith('triggers/') && route.includes('{id'));
    expect(withId.length).toBeGreaterThanOrEqual(3 * triggerNames.length);
    const before = await storedRows();
    for (const one of withId) {
      const ofRoute = triggerOf(one);
      for (const [, id] of [...idsOfB].filter(([trigger]) => ofRoute === undefined || trigger === ofRoute)) {
        for (const [form, write] of inRotation(forms, 4)) {
          const [path = '', query] = write(id).split('?');
          const route = one.route.replace(/\{id\??\}/, path).replace('{trigger}', 'segment-threshold-crossed');
          const answer = await backend.call(one.method, query === undefined ? route : `${route}?${query}`, {
            headers: a,
            ...(one.method === 'POST' && { body: {} }),
          });
          // A POST to a subscription is no route of its trigger. The host's web server takes no
          // null.
          const isRefused = query !== undefined && !(one.name === 'UnknownTrigger' && one.method === 'POST');
          const isBad = form === 'with a null behind' || (isRefused && one.method !== 'DELETE');
          const status = isBad ? 400 : one.method === 'DELETE' ? 204 : 404;
          expect({ ...one, form, status: answer.status }).toEqual({ ...one, form, status });
          expect(JSON.stringify(answer.body ?? '')).not.toContain(id);
        }
      }
    }
    expect(await storedRows()).toEqual(before);
  });

  test('is in no list, and subscribing to the same makes one of its own', async () => {
    for (const trigger of triggerNames) {
      const listed = await backend.call('GET', subscriptionsOf(trigger), { headers: a });
      expect(JSON.stringify(listed.body)).not.toContain(idsOfB.get(trigger));
      const same = await backend.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'of b'), headers: a });
      expect(same.status).toBe(201);
      expect((same.body as { id: string }).id).not.toBe(idsOfB.get(trigger));
    }
    for (const [trigger, id] of idsOfB) {
      const own = await backend.call('GET', `${subscriptionsOf(trigger)}/${id}`, { headers: b });
      expect(own).toMatchObject({ status: 200, body: { id, status: 'active' } });
    }
  });

  test('counts for its own connection alone', async () => {
    const small = await startBackend({ settings: { MAX_SUBSCRIPTIONS_PER_CONNECTION: '2' } });
    const trigger = 'unification-refresh-completed';
    const subscribe = (headers: Headers, flow: string): Promise<Answered> =>
      small.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, flow), headers });
    const full = { 'x-functions-key': 'full' };
    const [first] = [await subscribe(full, 'one'), await subscribe(full, 'two')];
    await expectProblem(() => subscribe(full, 'three'), 409, 'subscriptions-exhausted');
    expect((await subscribe(full, 'two')).status).toBe(201);
    expect((await subscribe({ 'x-functions-key': 'empty' }, 'one')).status).toBe(201);
    await small.call('DELETE', `${subscriptionsOf(trigger)}/${(first.body as { id: string }).id}`, { headers: full });
    expect((await subscribe(full, 'three')).status).toBe(201);
  });

  test('moves to another connection, which then has it alone', async () => {
    const moving = await startBackend({ settings: { OPERATOR_KEYS: 'ops:0perator-of-these-tests' } });
    const trigger = 'full-refresh-completed';
    const from = { 'x-functions-key': 'old' };
    const to = { 'x-functions-key': 'new' };
    const made = await moving.call('POST', subscriptionsOf(trigger), {
      body: bodyOf(trigger, 'moving'),
      headers: from,
    });
    const { id } = made.body as { id: string };
    const managed = await moving.call('GET', `manage/subscriptions/${id}`, { headers: OPERATOR });
    const { connection } = managed.body as { connection: string };
    const there = await moving.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'there'), headers: to });
    const other = await moving.call('GET', `manage/subscriptions/${(there.body as { id: string }).id}`, {
      headers: OPERATOR,
    });
    const body = { from: connection, to: (other.body as { connection: string }).connection };
    const moved = await moving.call('POST', 'manage/connections/move', { headers: OPERATOR, body });
    expect(moved).toMatchObject({ status: 200, body: { moved: 1 } });
    const address = `${subscriptionsOf(trigger)}/${id}`;
    await expectProblem(() => moving.call('GET', address, { headers: from }), 404, 'subscription-unknown');
    expect(await moving.call('GET', address, { headers: to })).toMatchObject({ status: 200, body: { id } });
  });
});

test('an instance that is not allowed is refused on every route that can name one', async () => {
  const backend = await startBackend({ settings: { ALLOWED_INSTANCES: OTHER_INSTANCE } });
  const naming = routes.filter(({ route }) => route.includes('{instanceId}'));
  expect(naming.length).toBeGreaterThanOrEqual(12);
  for (const one of naming) {
    for (const instanceId of [contosoInstanceId, contosoInstanceId.toUpperCase()]) {
      await expectProblem(() => callTo(backend, one, { values: { instanceId } }), 403, 'instance-not-allowed');
    }
  }
  for (const trigger of triggerNames) {
    const call = (): Promise<Answered> =>
      backend.call('POST', subscriptionsOf(trigger), { body: bodyOf(trigger, 'flow') });
    await expectProblem(call, 403, 'instance-not-allowed');
  }
  const events = (): Promise<Answered> => backend.call('GET', `events?instanceId=${contosoInstanceId}`);
  await expectProblem(events, 403, 'instance-not-allowed');
  expect((await backend.call('GET', 'instances')).body).toEqual({ value: [] });
});

describe('every route', () => {
  test('refuses a query parameter that it does not have, but for unsubscribing, which must always work', async () => {
    const backend = await startBackend({ settings: { OPERATOR_KEYS: 'ops:0perator-of-these-tests' } });
    const values = { instanceId: contosoInstanceId };
    for (const one of routes.filter((each) => !isAnonymous(each) && !each.name.startsWith('UnknownTrigger'))) {
      const asked = { ...one, route: `${one.route}?Top=1` };
      const answer = await callTo(backend, asked, { values, headers: OPERATOR });
      const { code, detail } = (answer.body ?? {}) as { code?: string; detail?: string };
      if (one.name.endsWith('-unsubscribe')) expect({ ...one, status: answer.status }).toEqual({ ...one, status: 204 });
      else expect({ ...one, status: answer.status, code }).toEqual({ ...one, status: 400, code: 'query-invalid' });
      if (answer.status === 400) expect(detail).toMatch(/^This call has no parameter Top\. .+ The call has .+\.$/);
    }
  });

  test('takes its key from the query in any case, and an empty parameter for an absent one', async () => {
    const backend = await startBackend({ enableAuth: true, hostKeys: { default: 'k3y' } });
    const list = subscriptionsOf('full-refresh-completed');
    for (const query of ['code=k3y', 'CODE=k3y&top=', 'code=k3y&top=5&next='])
      expect((await backend.call('GET', `${list}?${query}`)).status).toBe(200);
  });

  test('repeats no parameter that is not like a name', async () => {
    const backend = await startBackend();
    const answer = await backend.call('GET', 'instances?https://prod.logic.azure.com/?sig=S3CR3T');
    expect(answer).toMatchObject({
      status: 400,
      body: {
        detail:
          'This call has no such parameter. Correct its name in the address of the HTTP call, or remove it. The call has no parameters.',
      },
    });
  });
});
