import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { operatorResponses } from '../../shared/operations/operator-responses.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import { validatorOf } from '../../shared/validation.ts';
import { eventually } from '../sandbox/functions-host/start-app.ts';
import { expectProblem } from './expect-problem.ts';
import { startFlowReceiver, type FlowReceiver } from './flow-receiver.ts';
import {
  customerInsights,
  PUBLIC_BASE_URL,
  startBackend,
  storage,
  type Answered,
  type StartedBackend,
} from './start-backend.ts';
import { bodyOf, SECRET, subscriptionsOf } from './subscribe-bodies.ts';

type Fields = Record<string, unknown>;
const trigger = 'segment-threshold-crossed';
const nobody = '99999999-9999-4999-8999-999999999999';

let backend: StartedBackend;
let flows: FlowReceiver;
let queues: Queues;
beforeAll(async () => {
  flows = await startFlowReceiver();
  const on = {
    'AzureWebJobs.poll-instance.Disabled': '',
    'AzureWebJobs.deliver.Disabled': '',
    'AzureWebJobs.retry.Disabled': '',
  };
  backend = await startBackend({
    settings: {
      OPERATOR_KEYS: 'anna:0perator-of-these-tests',
      OPERATOR_WEBHOOK_URL: flows.urlOf('webhook'),
      ...flows.settings,
      ...on,
    },
  });
  queues = createAzureQueues({ clients: openStorageClients({ account: storage() }) });
});

const manage = (method: string, path: string, body?: unknown): Promise<Answered> =>
  backend.call(method, `manage/${path}`, {
    headers: { 'x-operator-key': '0perator-of-these-tests' },
    ...((body !== undefined || method === 'POST') && { body: body ?? {} }),
  });
const get = async (path: string): Promise<Fields> => {
  const answer = await manage('GET', path);
  expect(answer.status).toBe(200);
  return answer.body as Fields;
};
const listOf = async (path: string): Promise<Fields[]> => (await get(path))['value'] as Fields[];

async function subscribe(name: string, headers: Record<string, string> = {}, more: object = {}): Promise<string> {
  const body = bodyOf(trigger, name, { callbackUrl: flows.urlOf(name), threshold: 200, ...more });
  const answer = await backend.call('POST', subscriptionsOf(trigger), { body, headers });
  expect(answer.status).toBe(201);
  return (answer.body as { id: string }).id;
}

/** Sends a test to the subscription, and waits until its delivery is in this status. */
async function tested(id: string, status: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await backend.call('POST', `${subscriptionsOf(trigger)}/${id}/test`, { headers, body: {} });
  expect(answer.status).toBe(202);
  const { deliveryId } = answer.body as { deliveryId: string };
  await delivery(deliveryId, (found) => found['status'] === status);
  return deliveryId;
}
const delivery = (id: string, isSo: (found: Fields) => boolean): Promise<Fields> =>
  eventually(async () => (await manage('GET', `deliveries/${id}`)).body as Fields, isSo);
const eventIdOf = async (deliveryId: string): Promise<string> =>
  String((await get(`deliveries/${deliveryId}`))['eventId']);

/** The segment crosses every threshold of the tests; resolves with the event that it makes. */
async function rise(): Promise<string> {
  const { control } = await customerInsights();
  const before = (await listOf('events?top=1'))[0]?.['eventId'];
  control.evaluateSegment({
    instanceId: contosoInstanceId,
    segmentName: 'ChurnRisk',
    evaluations: [
      { kind: 'succeeded', memberCount: 10 },
      { kind: 'succeeded', memberCount: 900 },
    ],
  });
  await queues.send('polls', { v: 1, instanceId: contosoInstanceId });
  const isNew = ([first]: Fields[]): boolean =>
    first !== undefined && first['eventId'] !== before && first['test'] === undefined && first['open'] === false;
  return String((await eventually(() => listOf('events?top=1'), isNew))[0]?.['eventId']);
}

describe('subscriptions', () => {
  test('of all connections are listed and shown, with their flow and without their callback URL', async () => {
    const headers = {
      'x-functions-key': 'mine',
      'x-ms-workflow-id': 'flow-1',
      'x-ms-workflow-operation-name': 'When',
      'x-ms-environment-id': 'Default-1',
    };
    const mine = await subscribe('listed mine', headers);
    const theirs = await subscribe('listed theirs', { 'x-functions-key': 'theirs' });
    const ids = (await listOf(`subscriptions?instanceId=${contosoInstanceId.toUpperCase()}&status=active`)).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(expect.arrayContaining([mine, theirs]));
    expect(await get(`subscriptions/${mine}`)).toMatchObject({
      id: mine,
      status: 'active',
      connection: expect.stringMatching(/^key-/),
      workflowId: 'flow-1',
      environmentId: 'Default-1',
      flowUrl: 'https://make.powerautomate.com/environments/Default-1/flows/flow-1/details',
      lastEvaluation: expect.any(Object),
    });
    expect(JSON.stringify(backend.answers)).not.toContain(SECRET);
    expect(backend.answers.join('')).not.toContain('sig=secret');
  });

  test('are paged with links that keep the filters', async () => {
    for (const name of ['a', 'b', 'c']) await subscribe(`paged ${name}`);
    const all = await listOf(`subscriptions?trigger=${trigger}&top=100`);
    const found: unknown[] = [];
    let next: string | undefined = `subscriptions?trigger=${trigger}&top=2`;
    while (next !== undefined) {
      const page: Fields = await get(next);
      found.push(...(page['value'] as Fields[]).map(({ id }) => id));
      const link = page['nextLink'] as string | undefined;
      if (link !== undefined)
        expect(link).toMatch(`${PUBLIC_BASE_URL}/api/manage/subscriptions?trigger=${trigger}&top=2&next=`);
      next = link?.slice(`${PUBLIC_BASE_URL}/api/manage/`.length);
    }
    expect(found).toEqual(all.map(({ id }) => id));
  });

  test('are paused until they are resumed, and what waits goes out', async () => {
    const id = await subscribe('resumed');
    flows.answer('resumed', 400, 'WorkflowTriggerIsNotEnabled');
    const deliveryId = await tested(id, 'parked');
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'paused' });
    flows.answer('resumed', 202);
    const resumed = await manage('POST', `subscriptions/${id}/resume`);
    expect(resumed).toMatchObject({ status: 202, body: { subscriptionId: id, status: 'active' } });
    await delivery(deliveryId, ({ status }) => status === 'delivered');
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'active' });
  });

  test('are ended by an operator, whoever made them', async () => {
    const id = await subscribe('ended', { 'x-functions-key': 'nobody knows' });
    for (let count = 0; count < 2; count++) {
      expect(await manage('DELETE', `subscriptions/${id}`)).toMatchObject({ status: 204, body: undefined });
    }
    // Its history is kept for operators; its own connection knows it no longer.
    expect(await get(`subscriptions/${id}`)).toMatchObject({ status: 'gone', reason: 'operator' });
    await expectProblem(() => manage('POST', `subscriptions/${id}/resume`), 409, 'subscription-ended');
    const own = `${subscriptionsOf(trigger)}/${id}`;
    const headers = { 'x-functions-key': 'nobody knows' };
    await expectProblem(() => backend.call('GET', own, { headers }), 404, 'subscription-unknown');
  });

  test('get again what died', async () => {
    const id = await subscribe('recovered');
    flows.answer('recovered', 422);
    const deliveryId = await tested(id, 'dead');
    flows.answer('recovered', 202);
    const body = { since: new Date(Date.now() - 60_000).toISOString() };
    const answer = await manage('POST', `subscriptions/${id}/recover`, body);
    expect(answer).toMatchObject({ status: 202, body: { recovered: 1, more: false } });
    await delivery(deliveryId, ({ status }) => status === 'delivered');
    expect(flows.calls('recovered').map((call) => call['deliveryId'])).toEqual([deliveryId, deliveryId]);
  });

  test.each([{}, { since: 'now' }, { since: '2026-11-23T10:00:00Z', color: 'red' }])(
    'are not recovered by the body %j',
    async (body) => {
      const id = await subscribe('not recovered');
      await expectProblem(() => manage('POST', `subscriptions/${id}/recover`, body), 400, 'body-invalid');
    },
  );

  test('that an operator pauses are reported to the webhook', async () => {
    const id = await subscribe('watched', {}, { label: 'Watched' });
    expect((await manage('POST', `subscriptions/${id}/pause`)).status).toBe(202);
    const ofThis = (): Fields[] => flows.calls('webhook').filter(({ subscriptionId }) => subscriptionId === id);
    const [call] = await eventually(
      () => Promise.resolve(ofThis()),
      ({ length }) => length > 0,
    );
    expect(call).toMatchObject({ label: 'Watched', status: 'disabled', code: 'operator' });
  });

  test('get again what died, all of them in one recovery', async () => {
    const id = await subscribe('down');
    flows.answer('down', 400);
    const deliveryId = await tested(id, 'dead');
    flows.answer('down', 202);
    const { occurredAt, code } = await get(`deliveries/${deliveryId}`);
    const range = { since: occurredAt, until: occurredAt, code };
    expect(await manage('POST', 'recoveries', { ...range, dryRun: true })).toMatchObject({
      status: 200,
      body: { deliveries: 1, subscriptions: 1 },
    });
    const started = await manage('POST', 'recoveries', range);
    expect(started).toMatchObject({ status: 202, body: { recoveryId: expect.stringMatching(/^rec_/) } });
    expect((await manage('POST', 'recoveries', range)).body).toEqual(started.body);
    await delivery(deliveryId, ({ status }) => status === 'delivered');
    const { recoveryId } = started.body as { recoveryId: string };
    const progress = await get(`recoveries/${recoveryId}`);
    expect(progress).toMatchObject({ status: 'finished', deliveries: 1, sent: 1, skipped: 0 });
    expect(validatorOf(operatorResponses.recovery)(progress)).toMatchObject({ kind: 'valid' });
    expect((await listOf('recoveries'))[0]).toEqual(progress);
    await expectProblem(() => manage('GET', 'recoveries?next=x'), 400, 'query-invalid');
    const [entry] = await listOf('audit?top=1');
    expect(entry).toMatchObject({ action: 'ManageRecoveries-start', result: 'done', recoveryId });
    expect(validatorOf(operatorResponses.auditEntry)(entry)).toMatchObject({ kind: 'valid' });
  });

  test('of one connection become those of another', async () => {
    const id = await subscribe('moved', { 'x-functions-key': 'old key' });
    const stays = await subscribe('stays', { 'x-functions-key': 'new key' });
    const [from, to] = await Promise.all(
      [id, stays].map(async (one) => (await get(`subscriptions/${one}`))['connection']),
    );
    expect(await manage('POST', 'connections/move', { from, to })).toMatchObject({ status: 200, body: { moved: 1 } });
    expect(await manage('POST', 'connections/move', { from, to })).toMatchObject({ status: 200, body: { moved: 0 } });
    const path = `${subscriptionsOf(trigger)}/${id}`;
    const as = (key: string): Promise<Answered> => backend.call('GET', path, { headers: { 'x-functions-key': key } });
    expect([(await as('old key')).status, (await as('new key')).status]).toEqual([404, 200]);
  });
});

describe('events', () => {
  test('are listed with the counts of their deliveries, and shown with their recipients', async () => {
    const id = await subscribe('risen');
    flows.answer('risen', 422);
    const eventId = await rise();
    const [first] = await listOf(`events?instanceId=${contosoInstanceId}&trigger=${trigger}&since=2020-01-01`);
    expect(first).toMatchObject({ eventId, trigger, segmentName: 'ChurnRisk', deliveries: { pending: 0 } });
    expect((first?.['deliveries'] as Fields)['dead']).toBeGreaterThan(0);
    const shown = await get(`events/${eventId}`);
    expect(shown).toMatchObject({ eventId, audience: [{ subject: 'ChurnRisk', thresholdBelow: 900 }] });
    const [own] = await listOf(`deliveries?eventId=${eventId}&subscriptionId=${id}`);
    expect(own).toMatchObject({ eventId, subscriptionId: id, status: 'dead', code: 'http-422', attemptCount: 1 });
  });

  test('are recent ones for flows that catch up: newest first, without tests and what belongs to one flow', async () => {
    const id = await subscribe('catching up');
    const older = await rise();
    const newer = await rise();
    const testEvent = await eventIdOf(await tested(id, 'delivered'));
    const answer = await backend.call('GET', `events?instanceId=${contosoInstanceId}&top=2`);
    expect(answer.status).toBe(200);
    const { value, nextLink } = answer.body as { value: Fields[]; nextLink?: string };
    expect(value.map(({ eventId }) => eventId)).toEqual([newer, older]);
    const { deliveryId, subscriptionId, threshold, ...callback } = flows.calls('catching up')[1] ?? {};
    expect([deliveryId, subscriptionId, threshold]).not.toContain(undefined);
    expect(value[0]).toEqual(callback);
    if (nextLink !== undefined) {
      const more = await backend.call('GET', nextLink.slice(`${PUBLIC_BASE_URL}/api/`.length));
      const ids = (more.body as { value: Fields[] }).value.map(({ eventId }) => eventId);
      expect(ids).not.toContain(testEvent);
      expect(ids).not.toContain(older);
    }
    const later = new Date(Date.parse(String(value[0]?.['occurredAt'])) + 1).toISOString();
    const none = await backend.call('GET', `events?instanceId=${contosoInstanceId}&since=${later}`);
    expect(none.body).toEqual({ value: [] });
  });
});

describe('deliveries', () => {
  test('are shown with each attempt, and made once more on demand', async () => {
    const id = await subscribe('redelivered');
    const deliveryId = await tested(id, 'delivered');
    const answer = await manage('POST', `deliveries/${deliveryId}/redeliver`);
    expect(answer).toMatchObject({ status: 202, body: { deliveryId } });
    const found = await delivery(deliveryId, ({ attempts }) => (attempts as unknown[]).length === 2);
    expect(found).toMatchObject({
      deliveryId,
      subscriptionId: id,
      status: 'delivered',
      test: true,
      attempts: [
        { number: 1, status: 202, code: 'delivered', at: expect.any(String), durationMs: expect.any(Number) },
        { number: 2, status: 202, code: 'delivered' },
      ],
    });
    const [first, second] = flows.calls('redelivered');
    expect(second).toEqual(first);
  });

  test('that wait for a retry say when it is, and are brought forward', async () => {
    const id = await subscribe('retried');
    flows.answer('retried', 503);
    const deliveryId = await tested(id, 'retrying');
    const found = await get(`deliveries/${deliveryId}`);
    expect(Date.parse(String(found['nextAttemptAt']))).toBeGreaterThan(Date.now());
    expect((await listOf('deliveries?status=retrying')).map((one) => one['deliveryId'])).toContain(deliveryId);
    flows.answer('retried', 202);
    await manage('POST', `deliveries/${deliveryId}/redeliver`);
    await delivery(deliveryId, ({ status }) => status === 'delivered');
    expect((await listOf('deliveries?status=retrying')).map((one) => one['deliveryId'])).not.toContain(deliveryId);
  });

  test('of a subscription that has ended are not made again', async () => {
    const id = await subscribe('ended later');
    const deliveryId = await tested(id, 'delivered');
    await manage('DELETE', `subscriptions/${id}`);
    await expectProblem(() => manage('POST', `deliveries/${deliveryId}/redeliver`), 409, 'subscription-ended');
  });

  test('are found by event, by subscription and by status', async () => {
    const id = await subscribe('found');
    const deliveryId = await tested(id, 'delivered');
    const eventId = await eventIdOf(deliveryId);
    const filters = [
      `eventId=${eventId}`,
      `subscriptionId=${id}`,
      `subscriptionId=${id}&status=delivered&since=2020-01-01`,
    ];
    for (const filter of filters) {
      const found = await listOf(`deliveries?${filter}`);
      expect(found.map((one) => one['deliveryId'])).toEqual([deliveryId]);
    }
    expect((await listOf('deliveries?top=100')).map((one) => one['deliveryId'])).toContain(deliveryId);
    expect(await listOf(`deliveries?eventId=${eventId}&status=dead`)).toEqual([]);
  });
});

describe('what the dashboard shows', () => {
  test('fits the schemas that it is written against, with nothing that they do not know', async () => {
    const headers = {
      'x-ms-workflow-id': 'flow-9',
      'x-ms-workflow-operation-name': 'When',
      'x-ms-environment-id': 'e',
    };
    const id = await subscribe('shown', headers, { label: 'Shown', threshold: 300 });
    flows.answer('shown', 422);
    await rise();
    await tested(id, 'dead');
    await queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
    const answers: readonly [name: keyof typeof operatorResponses, found: readonly Fields[]][] = [
      ['instance', await listOf('instances')],
      ['instanceName', await listOf('instance-names')],
      ['queue', await listOf('queues')],
      ['hour', await listOf('activity')],
      ['subscription', [...(await listOf('subscriptions')), await get(`subscriptions/${id}`)]],
      ['observation', await listOf(`subscriptions/${id}/observations?days=30`)],
      [
        'delivery',
        [
          ...(await listOf('deliveries?status=dead')),
          ...(await listOf(`deliveries?subscriptionId=${id}&attempts=true`)),
        ],
      ],
    ];
    await manage('POST', 'queues/polls/redrive');
    for (const [name, found] of answers) {
      const validate = validatorOf(operatorResponses[name]);
      expect(found.length).toBeGreaterThan(0);
      for (const one of found) expect({ name, ...validate(one) }).toEqual({ name, kind: 'valid', value: one });
    }
  });

  test('are instances with their polls and their names', async () => {
    await subscribe('polled');
    const before = Date.now();
    await rise();
    const [instance] = await listOf('instances');
    expect(instance).toMatchObject({ instanceId: contosoInstanceId, failing: [], outboxEntryCount: 0 });
    expect(Date.parse(String(instance?.['lastPolledAt']))).toBeGreaterThanOrEqual(before);
    expect(instance?.['lastCompletePollAt']).toBe(instance?.['lastPolledAt']);
    expect(await listOf(`instances?next=${contosoInstanceId}`)).not.toContainEqual(instance);
    await expectProblem(() => manage('GET', 'instances?next=elsewhere'), 400, 'query-invalid');
    expect(await listOf('instance-names')).toContainEqual({ id: contosoInstanceId, name: 'Contoso' });
  });

  test('is activity by the hour', async () => {
    const id = await subscribe('counted');
    await tested(id, 'delivered');
    const hours = await listOf('activity?hours=2');
    expect(hours).toHaveLength(2);
    expect(Number(hours[1]?.['delivered'])).toBeGreaterThan(0);
    expect(await listOf(`activity?instanceId=${nobody}`)).toHaveLength(24);
  });

  test('are the observations of a subscription, with why they fired or not', async () => {
    const id = await subscribe('observed');
    await rise();
    const found = await get(`subscriptions/${id}/observations`);
    expect(found).toMatchObject({ threshold: 200, displayName: 'Churn risk' });
    expect((found['value'] as Fields[]).slice(0, 2)).toMatchObject([
      { value: 900, previousValue: 10, outcome: 'crossed', sentence: '10 → 900: crossed 200', fires: true },
      { value: 10, outcome: 'fell', sentence: '900 → 10: fell, re-armed', fires: false },
    ]);
  });

  test('are subscriptions by part of their label and by flow', async () => {
    const headers = { 'x-ms-workflow-id': 'flow-label', 'x-ms-workflow-operation-name': 'When' };
    const id = await subscribe('labelled', headers, { label: 'The <VIP> programme', threshold: 900 });
    for (const query of ['label=vip%3E', 'workflowId=flow-label', 'workflowId=flow-label&label=PROGRAMME&top=1']) {
      expect((await listOf(`subscriptions?${query}`)).map((one) => one['id'])).toEqual([id]);
    }
    for (const query of ['label=vip%3Eno', 'workflowId=flow-lab', 'workflowId=flow-label&label=other'])
      expect(await listOf(`subscriptions?${query}`)).toEqual([]);
  });
});

test('queues are shown, and poisoned messages put back', async () => {
  await queues.send('polls-poison', { v: 1, instanceId: contosoInstanceId });
  const shown = await listOf('queues');
  expect(shown.find(({ queue }) => queue === 'polls')).toMatchObject({ poisonLength: 1 });
  expect(shown.map(({ queue }) => queue)).toEqual(['polls', 'deliveries', 'retries']);
  expect(await manage('POST', 'queues/polls/redrive')).toMatchObject({ status: 202, body: { redriven: 1 } });
  expect(await manage('POST', 'queues/polls/redrive')).toMatchObject({ status: 202, body: { redriven: 0 } });
  expect((await listOf('queues')).find(({ queue }) => queue === 'polls')).toMatchObject({ poisonLength: 0 });
});

describe('refused are', () => {
  test.each([
    ...['subscriptions', 'events', 'deliveries'].flatMap((list) =>
      ['top=0', 'top=101', 'top=x', 'next=x', 'next=%00', 'next=..'].map((query) => `${list}?${query}`),
    ),
    'subscriptions?instanceId=contoso',
    'subscriptions?trigger=no-such',
    'subscriptions?status=deleted',
    ...['0', '8761', 'x', '-1'].flatMap((number) => [
      `activity?hours=${number}`,
      `subscriptions/sub_1/observations?days=${number}`,
    ]),
    'activity?instanceId=contoso',
    'deliveries?attempts=yes',
    'events?instanceId=*',
    'events?trigger=constructor',
    'events?since=yesterday',
    'events?since=2026-13-01',
    'deliveries?since=1',
    'deliveries?status=lost',
    'deliveries?eventId=evt_1',
    'deliveries?subscriptionId=sub_1',
  ])('manage/%s', async (path) => {
    await expectProblem(() => manage('GET', path), 400, 'query-invalid');
  });

  test.each(['subscriptions/x', 'events/x', 'deliveries/x', 'events/%F0%9F%9A%80'])(
    'the unknown manage/%s',
    async (path) => {
      const answer = await manage('GET', path);
      expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } });
    },
  );

  test.each(['', 'instanceId=', 'instanceId=x', `instanceId=${nobody}&since=x`, `instanceId=${nobody}&next=x`])(
    'events?%s',
    async (query) => {
      await expectProblem(() => backend.call('GET', `events?${query}`), 400, 'query-invalid');
    },
  );

  test('a redrive of a queue that there is not', async () => {
    await expectProblem(() => manage('POST', 'queues/polls-poison/redrive'), 404, 'queue-unknown');
  });

  test("tests of another's, another trigger's or no subscription", async () => {
    const id = await subscribe('not theirs', { 'x-functions-key': 'a' });
    const send = (of: string, to: string, key = 'a'): Promise<Answered> =>
      backend.call('POST', `triggers/${of}/subscriptions/${to}/test`, {
        headers: { 'x-functions-key': key },
        body: {},
      });
    await expectProblem(() => send(trigger, id, 'b'), 404, 'subscription-unknown');
    await expectProblem(() => send('measure-threshold-crossed', id), 404, 'subscription-unknown');
    await expectProblem(() => send(trigger, 'sub_1'), 404, 'subscription-unknown');
    await expectProblem(() => send('no-such', id), 404, 'trigger-unknown');
    expect(flows.calls('not theirs')).toEqual([]);
  });
});

test('recent events of an instance that is not allowed are not shown', async () => {
  const other = await startBackend({ settings: { ALLOWED_INSTANCES: nobody } });
  await expectProblem(() => other.call('GET', `events?instanceId=${contosoInstanceId}`), 403, 'instance-not-allowed');
});
