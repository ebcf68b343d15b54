import { beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../e2e/until.ts';
import { expectProblem } from './expect-problem.ts';
import { startBackend, type Answered, type CallOptions, type StartedBackend } from './start-backend.ts';

type Headers = NonNullable<CallOptions['headers']>;

/**
 * Every route of the operator API, and what it answers an operator who asks for nothing that there
 * is.
 */
const routes: [string, string, number][] = [
  ['GET', 'manage/subscriptions', 200],
  ['GET', 'manage/subscriptions/sub_1', 404],
  ['DELETE', 'manage/subscriptions/sub_1', 404],
  ['POST', 'manage/subscriptions/sub_1/pause', 404],
  ['POST', 'manage/subscriptions/sub_1/resume', 404],
  ['POST', 'manage/subscriptions/sub_1/test', 404],
  ['POST', 'manage/subscriptions/sub_1/recover', 400],
  ['POST', 'manage/recoveries', 400],
  ['GET', 'manage/recoveries', 200],
  ['GET', 'manage/recoveries/rec_1', 404],
  ['POST', 'manage/connections/move', 400],
  ['GET', 'manage/events', 200],
  ['GET', 'manage/events/evt_1', 404],
  ['GET', 'manage/deliveries', 200],
  ['GET', 'manage/deliveries/dlv_1', 404],
  ['POST', 'manage/deliveries/dlv_1/redeliver', 404],
  ['GET', 'manage/subscriptions/sub_1/observations', 404],
  ['GET', 'manage/audit', 200],
  ['GET', 'manage/instances', 200],
  ['GET', 'manage/instance-names', 200],
  ['GET', 'manage/activity', 200],
  ['GET', 'manage/changes', 200],
  ['GET', 'manage/changes?subscriptionId=sub_1', 404],
  ['GET', 'manage/queues', 200],
  ['POST', 'manage/queues/nothing/redrive', 404],
];

function principal(roles: readonly string[], type = 'roles'): Headers {
  const claims = [
    { typ: 'tid', val: 'tenant' },
    { typ: 'oid', val: 'object-7' },
    ...roles.map((val) => ({ typ: type, val })),
  ];
  return { 'x-ms-client-principal': Buffer.from(JSON.stringify({ claims })).toString('base64') };
}

const call = (backend: StartedBackend, method: string, route: string, headers: Headers = {}): Promise<Answered> =>
  backend.call(method, route, { headers, ...(method === 'POST' && { body: {} }) });

describe('with operator keys', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend({
      settings: { OPERATOR_KEYS: 'anna:0perator-one-of-two, ben:0perator:two-of-two, wall:read:0nly-reads-here-1' },
      enableAuth: true,
      hostKeys: { _master: 'm4ster', default: 'k3y' },
      verbose: true,
    });
  });

  test.each(routes)('%s %s asks for one, and is not opened by another key', async (method, route) => {
    const wrong = ['0perator', 'anna', 'anna:0perator-one-of-two', '0PERATOR-ONE-OF-TWO', 'k3y', 'm4ster', ''];
    const attempts: Headers[] = [
      {},
      { 'x-functions-key': 'm4ster' },
      { authorization: 'Bearer 0perator-one-of-two' },
      principal(['Operator']),
      ...wrong.map((key) => ({ 'x-operator-key': key })),
    ];
    for (const [index, headers] of attempts.entries()) {
      // Each from an address of its own: the failures of one are limited.
      const from = {
        ...headers,
        'x-forwarded-for': `10.${routes.findIndex(([, one]) => one === route)}.${index}.${method.length}`,
      };
      await expectProblem(() => call(backend, method, route, from), 401, 'not-authenticated');
    }
    const inQuery = `${route}?x-operator-key=0perator-one-of-two&code=0perator-one-of-two`;
    await expectProblem(() => call(backend, method, inQuery), 401, 'not-authenticated');
  });

  test.each(routes)('%s %s is open with any of them', async (method, route, status) => {
    for (const key of ['0perator-one-of-two', '0perator:two-of-two']) {
      const answer = await call(backend, method, route, { 'x-operator-key': key });
      expect(answer).toMatchObject({ status });
      if (status === 200) expect(answer.headers['x-operator-access']).toBe('all');
    }
  });

  test.each(routes)('%s %s with a key that may only read', async (method, route, status) => {
    const asked = (): Promise<Answered> => call(backend, method, route, { 'x-operator-key': '0nly-reads-here-1' });
    if (method === 'GET') {
      const answer = await asked();
      expect(answer).toMatchObject({ status });
      if (status === 200) expect(answer.headers['x-operator-access']).toBe('read');
    } else await expectProblem(asked, 403, 'operator-read-only');
  });

  test('a key that may only read may count what a recovery would send', async () => {
    const send = (key: string, dryRun: boolean): Promise<Answered> => {
      const body = { since: '2026-01-01T00:00:00Z', dryRun };
      return backend.call('POST', 'manage/recoveries', { headers: { 'x-operator-key': key }, body });
    };
    const before = (await audit()).length;
    expect(await send('0nly-reads-here-1', true)).toMatchObject({ status: 200, body: { deliveries: 0 } });
    await expectProblem(() => send('0nly-reads-here-1', false), 403, 'operator-read-only');
    expect(await send('0perator-one-of-two', true)).toMatchObject({ status: 200 });
    expect(await audit()).toHaveLength(before);
  });

  const audit = async (query = 'top=100'): Promise<Record<string, unknown>[]> => {
    const answer = await call(backend, 'GET', `manage/audit?${query}`, { 'x-operator-key': '0nly-reads-here-1' });
    return (answer.body as { value: Record<string, unknown>[] }).value;
  };

  test('each action is in the audit, newest first, with who, what, when and its result; nothing else is', async () => {
    const [anna, ben] = ['0perator-one-of-two', '0perator:two-of-two'].map((key) => ({ 'x-operator-key': key }));
    const since = new Date().toISOString();
    await call(backend, 'GET', 'manage/queues', anna);
    await call(backend, 'POST', 'manage/queues/nothing/redrive', { 'x-operator-key': 'wrong' });
    await call(backend, 'POST', 'manage/queues/polls/redrive', { ...anna, 'sec-fetch-site': 'cross-site' });
    await call(backend, 'POST', 'manage/queues/nothing/redrive', ben);
    const body = { from: 'local', to: 'local' };
    await backend.call('POST', 'manage/connections/move', { headers: { ...anna }, body });
    const pasted = { from: 'a-key-instead-of-a-connection', to: 'local' };
    await backend.call('POST', 'manage/connections/move', { headers: { ...anna }, body: pasted });
    const listed = await audit(`since=${since}`);
    const common = { id: expect.any(String), at: expect.stringMatching(/^2\d{3}-.*Z$/) };
    expect(listed).toEqual([
      {
        ...common,
        operator: 'anna',
        action: 'ManageConnections-move',
        result: 'refused',
        status: 400,
        code: 'body-invalid',
      },
      {
        ...common,
        operator: 'anna',
        action: 'ManageConnections-move',
        body: JSON.stringify(body),
        result: 'done',
        status: 200,
      },
      {
        ...common,
        operator: 'ben',
        action: 'ManageQueues-redrive',
        target: 'nothing',
        result: 'refused',
        status: 404,
        code: 'queue-unknown',
      },
    ]);
    expect(JSON.stringify(await audit())).not.toContain('0perator');
  });

  test('a callback URL in place of an id is in neither the audit nor the log', async () => {
    const url = encodeURIComponent('prod-12.logic.azure.com?sig=s3cret-signature');
    for (const [method, route] of [
      ['DELETE', `manage/subscriptions/${url}`],
      ['POST', `manage/deliveries/${url}/redeliver`],
    ] as const) {
      expect(await call(backend, method, route, { 'x-operator-key': '0perator-one-of-two' })).toMatchObject({
        status: 404,
      });
    }
    const [newest] = await audit('top=1');
    expect(newest).toMatchObject({ action: 'ManageDeliveries-redeliver', status: 404 });
    expect(newest).not.toHaveProperty('target');
    await until(() => backend.lines.some((line) => line.includes('ManageDeliveries-redeliver')));
    expect(backend.lines.filter((line) => line.includes('operator.acted')).join()).not.toContain('s3cret');
  });

  test('each action leaves one line with who and what, and no key; a read leaves none', async () => {
    const headers = { 'x-operator-key': '0perator:two-of-two' };
    const acted = (): string[] => backend.lines.filter((line) => line.includes('operator.acted'));
    // Lines come in their order, but not with the answer.
    const arrival = async (queue: string): Promise<void> => {
      await call(backend, 'POST', `manage/queues/${queue}/redrive`, headers);
      await until(() => acted().some((line) => line.includes(`"target":"${queue}"`)));
    };
    await arrival('before');
    const before = acted().length;
    await call(backend, 'GET', 'manage/queues', headers);
    await call(backend, 'POST', 'manage/queues/nothing/redrive', headers);
    await call(backend, 'POST', 'manage/queues/nothing/redrive', { 'x-operator-key': 'wrong' });
    await arrival('after');
    const lines = acted().slice(before, -1);
    expect(lines).toHaveLength(1);
    for (const part of ['"operator":"ben"', '"action":"ManageQueues-redrive"', '"target":"nothing"', '"status":404']) {
      expect(lines[0]).toContain(part);
    }
    expect(backend.lines.join('\n')).not.toContain('0perator');
  });
});

describe('wrong operator keys', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    const settings = { OPERATOR_KEYS: 'anna:0perator-one-of-two, ben:short' };
    backend = await startBackend({ settings, verbose: true });
  });
  const send = (key: string, address: string): Promise<Answered> =>
    call(backend, 'GET', 'manage/queues', { 'x-operator-key': key, 'x-forwarded-for': `192.0.2.1, ${address}` });
  const logged = (address: string): string[] =>
    backend.lines.filter((line) => line.includes('"operator.refused"') && line.includes(`"address":"${address}"`));

  test('are limited for each address and leave a line; a right one is let in all the same', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 14; n++) statuses.push((await send('0perator-not-one-of-two', '198.51.100.7:4711')).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), ...Array<number>(4).fill(429)]);
    const refused = await send('0perator-not-one-of-two', '198.51.100.7:4712');
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-wrong-keys' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await send('0perator-one-of-two', '198.51.100.7:4711')).status).toBe(200);
    expect((await send('0perator-not-one-of-two', '[2001:db8::7]:443')).status).toBe(401);
    await until(() => logged('2001:db8::7').length === 1 && logged('198.51.100.7').length === 11);
    expect(logged('198.51.100.7').at(-1)).toContain('"limited":true');
    expect(backend.lines.join('\n')).not.toContain('0perator');
  });

  test('that are short open nothing, and say so; health names them without their name', async () => {
    const answer = await send('short', '198.51.100.8');
    expect(answer).toMatchObject({ status: 401, body: { detail: expect.stringContaining('16 characters') } });
    const health = await backend.call('GET', 'health');
    expect(health).toMatchObject({
      status: 200,
      body: { status: 'healthy', warnings: [expect.stringMatching(/^OPERATOR_KEYS has 1 .* 16 characters/)] },
    });
    expect(JSON.stringify(health.body)).not.toContain('ben');
    await until(() => backend.lines.some((line) => line.includes('"setting.warned"')));
  });

  test('no key at all is no wrong one', async () => {
    for (let n = 0; n < 12; n++) expect((await call(backend, 'GET', 'manage/queues')).status).toBe(401);
  });
});

test('with short keys alone the operator API is off, and everything else works', async () => {
  const backend = await startBackend({ settings: { OPERATOR_KEYS: 'anna:123456789012345' } });
  const answer = await call(backend, 'GET', 'manage/queues', { 'x-operator-key': '123456789012345' });
  expect(answer).toMatchObject({ status: 403, body: { code: 'operator-keys-missing' } });
  expect((await backend.call('GET', 'instances')).status).toBe(200);
});

describe('without operator keys', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    backend = await startBackend();
  });

  test.each(routes)('%s %s says what to set', async (method, route) => {
    for (const headers of [{}, { 'x-operator-key': '' }, { 'x-operator-key': 'x' }, principal(['Operator'])]) {
      const answer = await expectProblem(() => call(backend, method, route, headers), 403, 'operator-keys-missing');
      expect(answer.body).toMatchObject({ detail: expect.stringContaining('OPERATOR_KEYS') });
    }
  });
});

test('with Microsoft Entra ID and no operator keys, a key is ignored and never counts as a wrong one', async () => {
  const backend = await startBackend({ settings: { AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'True' } });
  const send = (headers: Headers): Promise<Answered> =>
    call(backend, 'GET', 'manage/queues', { 'x-operator-key': 'any-key-at-all-000', ...headers });
  for (let n = 0; n < 12; n++) expect((await send({})).status).toBe(401);
  expect((await send({})).body).toMatchObject({ detail: expect.stringContaining('no operator keys') });
  expect((await send(principal(['Operator']))).status).toBe(200);
});

describe('with Microsoft Entra ID', () => {
  let backend: StartedBackend;
  beforeAll(async () => {
    const settings = {
      AUTHENTICATION: 'entra',
      WEBSITE_AUTH_ENABLED: 'True',
      OPERATOR_KEYS: 'anna:0perator-with-role',
    };
    backend = await startBackend({ settings, verbose: true });
  });
  const longType = 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role';

  test.each(routes)('%s %s is for the app role Operator', async (method, route, status) => {
    for (const headers of [principal(['Reader', 'Operator']), principal(['Operator'], longType)]) {
      expect(await call(backend, method, route, headers)).toMatchObject({ status });
    }
    for (const headers of [principal([]), principal(['operator', 'Operators']), principal(['Operator'], 'groups')]) {
      await expectProblem(() => call(backend, method, route, headers), 403, 'operator-role-missing');
    }
    for (const headers of [{}, { 'x-ms-client-principal': 'e30=' }, { 'x-ms-client-principal': '%' }]) {
      await expectProblem(() => call(backend, method, route, headers), 401, 'not-authenticated');
    }
  });

  test.each(routes)('%s %s with the app role Operator.Read', async (method, route, status) => {
    const asked = (): Promise<Answered> => call(backend, method, route, principal(['Operator.Read']));
    if (method === 'GET') expect(await asked()).toMatchObject({ status });
    else await expectProblem(asked, 403, 'operator-read-only');
  });

  test('an operator key opens it too, and a wrong one is not made good by a role', async () => {
    expect(await call(backend, 'GET', 'manage/queues', { 'x-operator-key': '0perator-with-role' })).toMatchObject({
      status: 200,
    });
    const headers = { ...principal(['Operator']), 'x-operator-key': 'wrong' };
    await expectProblem(() => call(backend, 'GET', 'manage/queues', headers), 401, 'not-authenticated');
  });

  test('a page of another site acts for nobody, but may be followed to what is only read', async () => {
    const from = (site: string): Headers => ({ ...principal(['Operator']), 'sec-fetch-site': site });
    const redrive = 'manage/queues/nothing/redrive';
    for (const site of ['cross-site', 'same-site', 'something new']) {
      await expectProblem(() => call(backend, 'POST', redrive, from(site)), 403, 'cross-site-call');
      expect(await call(backend, 'GET', 'manage/queues', from(site))).toMatchObject({ status: 200 });
    }
    for (const site of ['same-origin', 'none'])
      expect(await call(backend, 'POST', redrive, from(site))).toMatchObject({ status: 404 });
  });

  test('who acted is known by the object id', async () => {
    await call(backend, 'POST', 'manage/queues/nothing/redrive', principal(['Operator']));
    expect(backend.lines.filter((line) => line.includes('"operator":"object-7"'))).not.toEqual([]);
  });
});

test('a role is not believed where the platform does not sign anybody in', async () => {
  const backend = await startBackend({ settings: { AUTHENTICATION: 'entra' } });
  const asked = (): Promise<Answered> => call(backend, 'GET', 'manage/queues', principal(['Operator']));
  await expectProblem(asked, 403, 'operator-keys-missing');
});
