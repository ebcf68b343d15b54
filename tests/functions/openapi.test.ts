import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { triggerNames, triggers, type Trigger } from '../../shared/triggers/trigger.ts';
import {
  described,
  describedOperations,
  operationFor,
  undescribed,
  type DescribedOperation,
} from '../connector/described-api.ts';
import { eventually } from '../sandbox/functions-host/start-app.ts';
import { sendRequest } from '../sandbox/functions-host/send-request.ts';
import { startFlowReceiver, type FlowReceiver } from './flow-receiver.ts';
import { registeredRoutes, type RegisteredRoute } from './registered-routes.ts';
import { customerInsights, PUBLIC_BASE_URL, startBackend, storage, type StartedBackend } from './start-backend.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

const NOBODYS_INSTANCE = '99999999-9999-4999-8999-999999999999';
const OPERATOR_KEY = '0perator-of-these-tests';

let backend: StartedBackend;
let flows: FlowReceiver;
let routes: RegisteredRoute[];
beforeAll(async () => {
  // One route is matched when nothing else is: it answers 404 for triggers that there are not.
  routes = (await registeredRoutes()).filter(({ name }) => !name.startsWith('UnknownTrigger'));
  flows = await startFlowReceiver();
  const on = {
    'AzureWebJobs.poll-instance.Disabled': '',
    'AzureWebJobs.deliver.Disabled': '',
    'AzureWebJobs.retry.Disabled': '',
  };
  const settings = { OPERATOR_KEYS: `anna:${OPERATOR_KEY}`, ...flows.settings, ...on };
  backend = await startBackend({ settings });
});

const answered = new Map<string, Set<number>>();
const refusedBefore = (status: number): boolean => status >= 400;

/** Makes a call and expects an answer as described. Resolves with the answer. */
async function call(method: string, path: string, body?: unknown, key = OPERATOR_KEY) {
  const bytes = Buffer.from(JSON.stringify(body ?? {}));
  const sent = method === 'POST' || method === 'PATCH';
  const answer = await sendRequest(backend.url, `/api/${path}`, {
    method,
    headers: { 'x-operator-key': key, ...(sent && { 'content-length': bytes.length }) },
    ...(sent && { body: bytes }),
  });
  const isJson = /json/.test(String(answer.headers['content-type']));
  const parsed: unknown = answer.body === '' ? undefined : isJson ? JSON.parse(answer.body) : answer.body;
  const one = operationFor(method, `/${path.split('?')[0] ?? ''}`);
  const wrong = one === undefined ? 'it is not described' : undescribed(one, { ...answer, body: parsed });
  expect({ method, path, status: answer.status, wrong }).toEqual({
    method,
    path,
    status: answer.status,
    wrong: undefined,
  });
  const id = one?.operation.operationId ?? '';
  answered.set(id, (answered.get(id) ?? new Set()).add(answer.status));
  return { status: answer.status, headers: answer.headers, body: parsed as Record<string, unknown> };
}

describe('the description has', () => {
  const written = (method: string, path: string): string => `${method} ${path}`;

  test('every route that is registered, and no other', () => {
    const expanded = describedOperations.flatMap(({ method, path }) =>
      path.includes('{trigger}')
        ? triggerNames.map((trigger) => written(method, path.replace('{trigger}', trigger)))
        : [written(method, path)],
    );
    const registered = routes.map(({ method, route }) => written(method, `/${route}`));
    expect([...new Set(expanded)].sort()).toEqual([...registered].sort());
    const ofOneTrigger = describedOperations.filter(({ path }) => !path.includes('{trigger}'));
    expect(ofOneTrigger.map(({ method, path }) => written(method, path)).sort()).toEqual([...registered].sort());
  });

  test('the access of every route', () => {
    for (const { name, method, route, authLevel } of routes) {
      const { security = described.security } = described.paths[`/${route}`]?.[method.toLowerCase() as 'get'] ?? {};
      const opens = security.flatMap((one) => Object.keys(one));
      const expected = route.startsWith('manage/')
        ? ['operatorKey', 'entraId']
        : authLevel === 'function'
          ? ['functionsKey', 'functionsKeyInQuery', 'entraId']
          : [];
      expect({ name, opens }).toEqual({ name, opens: expected });
    }
  });
});

const concretePath = (path: string): string =>
  path
    .slice(1)
    .replace('{instanceId}', contosoInstanceId)
    .replace('{trigger}', 'full-refresh-completed')
    .replaceAll(/\{\w+\}/g, 'something');
const queryOf = ({ operation: { parameters = [] } }: DescribedOperation) =>
  parameters.filter((one) => one.in === 'query');
const asking = describedOperations.filter(({ operation }) => operation.security?.length !== 0);

describe('the query parameters', () => {
  test('are those that the app says it has, when it is sent another', async () => {
    for (const one of asking.filter(({ method }) => method !== 'DELETE')) {
      const { status, body } = await call(one.method, `${concretePath(one.path)}?Other=1`);
      const names = queryOf(one).map(({ name }) => name);
      const has = /The call has the parameters? (?<names>.+)\.$/.exec(String(body['detail']))?.groups?.['names'];
      const said = has?.split(/, | and /) ?? [];
      expect({ ...one.operation, status, said: said.sort() }).toEqual({
        ...one.operation,
        status: 400,
        said: names.sort(),
      });
    }
  });

  test('have the bounds and the values that the app keeps to', async () => {
    let bounds = 0;
    // What the triggers have in common is asked of one of them.
    for (const one of asking.filter(({ path }) => !path.startsWith('/triggers/') || path.includes('{trigger}'))) {
      for (const { name, schema } of queryOf(one)) {
        const { minimum, maximum, enum: values } = schema as { minimum?: number; maximum?: number; enum?: string[] };
        const within = [minimum, maximum, ...(values ?? [])].filter((value) => value !== undefined);
        const beyond = [
          minimum === undefined ? [] : [minimum - 1],
          maximum === undefined ? [] : [maximum + 1],
          values === undefined ? [] : ['another'],
        ].flat();
        for (const [value, isIn] of [...within.map((each) => [each, true]), ...beyond.map((each) => [each, false])]) {
          bounds += 1;
          const required = queryOf(one).filter((other) => other.required && other.name !== name);
          const others = required.map(
            (other) => `&${other.name}=${other.name === 'instanceId' ? contosoInstanceId : ''}`,
          );
          const { body } = await call(
            one.method,
            `${concretePath(one.path)}?${name}=${String(value)}${others.join('')}`,
          );
          const isRefused = body['code'] === 'query-invalid';
          expect({ ...one.operation, name, value, isRefused }).toEqual({
            ...one.operation,
            name,
            value,
            isRefused: !isIn,
          });
        }
      }
    }
    expect(bounds).toBeGreaterThan(50);
  });
});

/** Subscribes to a trigger; resolves with the id. */
async function subscribe(trigger: Trigger, flow: string, more: object = {}): Promise<string> {
  const made = await call(
    'POST',
    subscriptionsOf(trigger),
    bodyOf(trigger, flow, { callbackUrl: flows.urlOf(flow), ...more }),
  );
  expect(made.status).toBe(201);
  return String(made.body['id']);
}

describe('real answers are as described', () => {
  const trigger = 'segment-threshold-crossed';
  const ids = new Map<Trigger, string>();

  test.each(triggerNames)('of subscriptions to %s', async (name) => {
    const more = name === 'full-refresh-completed' ? { startedBy: 'user' } : {};
    const id = await subscribe(name, `described ${name}`, { label: 'Described', ...more });
    ids.set(name, id);
    const { body } = await call('GET', `${subscriptionsOf(name)}?top=1`);
    expect(body['value']).toHaveLength(1);
    expect((await call('GET', `${subscriptionsOf(name)}/${id}`)).status).toBe(200);
    expect((await call('POST', `${subscriptionsOf(name)}/${id}/test`)).status).toBe(202);
    const gone = await subscribe(name, `gone ${name}`);
    expect((await call('DELETE', `${subscriptionsOf(name)}/${gone}`)).status).toBe(204);
    expect((await call('POST', subscriptionsOf(name), { callbackUrl: 'no URL' })).status).toBe(400);
    expect((await call('GET', `${subscriptionsOf(name)}/nothing`)).status).toBe(404);
    const unknown = bodyOf(name, 'unknown', { instanceId: NOBODYS_INSTANCE, callbackUrl: flows.urlOf('unknown') });
    expect((await call('POST', subscriptionsOf(name), unknown)).status).toBe(404);
  });

  test('of previews, lists to choose from and data', async () => {
    const of = { instanceId: contosoInstanceId, threshold: 1 };
    await call('POST', 'triggers/segment-threshold-crossed/preview', { ...of, segmentName: 'ChurnRisk' });
    await call('POST', 'triggers/measure-threshold-crossed/preview', { ...of, measureName: 'TotalRevenue' });
    const dimension = { ...of, measureName: 'RevenueByCountry' };
    expect((await call('POST', 'triggers/measure-threshold-crossed/preview', dimension)).status).toBe(422);
    await call('GET', 'instances');
    const instance = `instances/${contosoInstanceId}`;
    for (const list of ['data-sources', 'segments', 'measures', 'entities', 'entities/Customer'])
      expect((await call('GET', `${instance}/${list}`)).status).toBe(200);
    for (const reportType of ['dataSources', 'segments', 'measures', 'system'])
      await call('GET', `${instance}/status-report?reportType=${reportType}`);
    const items = `${instance}/entities/Customer/items`;
    const { body } = await call('GET', `${items}?$top=2`);
    const [{ CustomerId = '' } = {}] = body['value'] as { CustomerId?: string }[];
    await call('GET', `${items}/${CustomerId}`);
    await call('PATCH', `${items}/${CustomerId}`, { FirstName: 'Ada' });
    const activity = { ActivityId: 'described', CustomerId };
    const create = (): ReturnType<typeof call> => call('POST', `${instance}/entities/UnifiedActivity/items`, activity);
    expect([(await create()).status, (await create()).status]).toEqual([201, 409]);
    const partitions = `${instance}/entities/Customer/partitions`;
    const listed = (await call('GET', partitions)).body['value'] as { id: string }[];
    await call('GET', `${partitions}/${encodeURIComponent(listed[0]?.id ?? '')}?top=1`);
    expect((await call('GET', `${instance}/entities/Nothing`)).status).toBe(404);
    expect((await call('GET', items.replace(contosoInstanceId, NOBODYS_INSTANCE))).status).toBe(404);
  });

  test('of the operator API', async () => {
    const id = await subscribe(trigger, 'operated', { threshold: 300 });
    flows.answer('operated', 422);
    const { control } = await customerInsights();
    const evaluations = [10, 900].map((memberCount) => ({ kind: 'succeeded' as const, memberCount }));
    control.evaluateSegment({ instanceId: contosoInstanceId, segmentName: 'ChurnRisk', evaluations });
    const queues = createAzureQueues({ clients: openStorageClients({ account: storage() }) });
    await queues.send('polls', { v: 1, instanceId: contosoInstanceId });
    const deadOnes = async () =>
      (await call('GET', `manage/deliveries?subscriptionId=${id}&status=dead&attempts=true`)).body['value'] as {
        deliveryId: string;
        eventId: string;
      }[];
    const [dead] = await eventually(deadOnes, (found) => found.length > 0);
    const { deliveryId = '', eventId = '' } = dead ?? {};
    await call('GET', `manage/deliveries/${deliveryId}`);
    await call('GET', `manage/deliveries?eventId=${eventId}`);
    expect((await call('GET', 'manage/events?top=1')).body).toHaveProperty('nextLink');
    await call('GET', `manage/events/${eventId}`);
    for (const kept of ids.values()) await call('GET', `manage/subscriptions/${kept}`);
    await call('GET', 'manage/subscriptions?top=2');
    for (const name of triggerNames) await call('GET', `manage/subscriptions/${ids.get(name) ?? ''}/observations`);
    for (const list of [
      'instances',
      'instance-names',
      'activity?hours=2',
      'queues',
      'changes',
      `changes?subscriptionId=${id}`,
    ])
      await call('GET', `manage/${list}`);
    flows.answer('operated', 202);
    expect((await call('POST', `manage/deliveries/${deliveryId}/redeliver`)).status).toBe(202);
    await call('POST', `manage/subscriptions/${id}/recover`, { since: '2026-01-01T00:00:00Z' });
    expect((await call('POST', `manage/subscriptions/${id}/recover`, { since: 1 })).status).toBe(400);
    const range = { since: '2026-01-01T00:00:00Z' };
    expect((await call('POST', 'manage/recoveries', { ...range, dryRun: true })).status).toBe(200);
    const started = await call('POST', 'manage/recoveries', range);
    expect(started.status).toBe(202);
    expect((await call('GET', 'manage/recoveries?top=1')).status).toBe(200);
    expect((await call('GET', `manage/recoveries/${String(started.body['recoveryId'])}`)).status).toBe(200);
    expect((await call('POST', `manage/subscriptions/${id}/pause`)).status).toBe(202);
    expect((await call('POST', `manage/subscriptions/${id}/resume`)).status).toBe(202);
    expect((await call('POST', `manage/subscriptions/${id}/test`)).status).toBe(202);
    expect((await call('GET', 'manage/search?q=churn')).status).toBe(200);
    expect((await call('GET', 'manage/audit?top=1')).body).toHaveProperty('nextLink');
    await queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
    expect((await call('POST', 'manage/queues/polls/redrive')).status).toBe(202);
    await call('POST', 'manage/connections/move', { from: 'local', to: 'local' });
    expect((await call('DELETE', `manage/subscriptions/${id}`)).status).toBe(204);
    expect((await call('POST', `manage/deliveries/${deliveryId}/redeliver`)).status).toBe(409);
    expect((await call('GET', 'manage/queues', undefined, 'wrong')).status).toBe(401);
    for (const [method, path] of [
      ['GET', 'manage/events/nothing'],
      ['GET', 'manage/deliveries/nothing'],
      ['GET', 'manage/subscriptions/nothing'],
      ['POST', 'manage/queues/nothing/redrive'],
      ['POST', 'manage/subscriptions/nothing/resume'],
    ] as const)
      expect((await call(method, path)).status).toBe(404);
    expect((await call('GET', `events?instanceId=${contosoInstanceId}`)).body['value']).not.toHaveLength(0);
  });

  test('of what anybody may read', async () => {
    await call('GET', 'health');
    const { body } = await call('GET', 'openapi.json');
    expect(body).toEqual({ ...described, servers: [{ url: `${PUBLIC_BASE_URL}/api` }] });
    const imported = [
      'apiDefinition.swagger.json',
      'apiProperties.json',
      'icon.png',
      'connector-solution.zip',
      'flows-solution.zip',
    ];
    for (const file of imported) await call('GET', `connector/${file}`);
    const page = await call('GET', 'dashboard');
    const asset = /assets\/[\w.-]+\.js/.exec(JSON.stringify(page.body))?.[0] ?? '';
    expect((await call('GET', `dashboard/${asset}`)).status).toBe(200);
    expect((await call('GET', 'dashboard/assets/nothing')).status).toBe(404);
  });

  test('where a key is asked for', async () => {
    const locked = await startBackend({ enableAuth: true, hostKeys: { default: 'k3y' } });
    const one = operationFor('GET', '/instances') as DescribedOperation;
    expect(undescribed(one, await locked.call('GET', 'instances'))).toBeUndefined();
    const manage = operationFor('GET', '/manage/queues') as DescribedOperation;
    const refused = await locked.call('GET', 'manage/queues');
    expect({ status: refused.status, undescribed: undescribed(manage, refused) }).toEqual({
      status: 403,
      undescribed: undefined,
    });
  });

  test('of every operation: each has answered its success', () => {
    const without = describedOperations
      .filter(({ path }) => !path.includes('{trigger}'))
      .map(({ operation }) => operation.operationId)
      .filter((id) => [...(answered.get(id) ?? [])].every(refusedBefore));
    expect(without).toEqual([]);
  });

  test('and what is not described is noticed', () => {
    const one = operationFor('GET', '/manage/queues') as DescribedOperation;
    const headers = { 'content-type': 'application/json' };
    const queue = { queue: 'polls', length: 0, poisonLength: 0 };
    expect(undescribed(one, { status: 200, headers, body: { value: [queue] } })).toBeUndefined();
    expect(undescribed(one, { status: 200, headers, body: { value: [{ ...queue, more: 1 }] } })).toMatch('unevaluated');
    expect(undescribed(one, { status: 200, headers, body: { value: [{ queue: 'polls' }] } })).toMatch('required');
    expect(undescribed(one, { status: 418, headers, body: {} })).toBe('there is no answer 418');
    expect(undescribed(one, { status: 403, headers, body: {} })).toBe('it is application/json');
  });
});

test('triggers have the operation ids of the connector', () => {
  for (const trigger of triggerNames)
    expect(described.paths[`/${subscriptionsOf(trigger)}`]?.post?.operationId).toBe(triggers[trigger].operationId);
});
