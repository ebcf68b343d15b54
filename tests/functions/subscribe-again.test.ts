import { beforeAll, describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { StoredRow } from '../../shared/storage/tables.ts';
import { startBackend, type Answered, type CallOptions, type StartedBackend } from './start-backend.ts';
import { requestRows, storedRows } from './stored-rows.ts';
import { bodyOf, callbackUrl, subscriptionsOf } from './subscribe-bodies.ts';

const trigger = 'segment-threshold-crossed';
const path = subscriptionsOf(trigger);

let backend: StartedBackend;
beforeAll(async () => {
  backend = await startBackend();
});

const subscribe = (body: object, headers?: CallOptions['headers']): Promise<Answered> =>
  backend.call('POST', path, { body, ...(headers && { headers }) });
const idOf = ({ status, body }: Answered): string => {
  expect(status).toBe(201);
  return (body as { id: string }).id;
};
const withoutEtags = (rows: readonly StoredRow[]): unknown[] => rows.map(({ etag: _, ...row }) => row);

describe('the same request', () => {
  test('finds the subscription that it made before, and changes nothing', async () => {
    const first = await subscribe(bodyOf(trigger, 'again'));
    const before = await requestRows();
    const second = await subscribe(bodyOf(trigger, 'again'));
    expect(second).toMatchObject({ status: 201, body: first.body, headers: { location: first.headers['location'] } });
    expect(withoutEtags(await requestRows())).toEqual(withoutEtags(before));
  });

  test('is the same whatever its label, the case of its instance and the sign of its zero', async () => {
    const id = idOf(await subscribe(bodyOf(trigger, 'alike', { threshold: 0 })));
    const written = JSON.stringify(bodyOf(trigger, 'alike', { threshold: 0, label: 'another' }));
    const alike = await backend.call('POST', path, {
      body: written
        .replace('"threshold":0', '"threshold":-0')
        .replace(contosoInstanceId, contosoInstanceId.toUpperCase()),
    });
    expect(idOf(alike)).toBe(id);
  });

  test('made 20 times at once makes one subscription', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => subscribe(bodyOf(trigger, 'at once'))));
    expect(new Set(answers.map(idOf)).size).toBe(1);
    const { subscriptions = [] } = await storedRows();
    const [first] = answers.map(idOf);
    expect(subscriptions.filter(({ rowKey }) => first?.endsWith(rowKey))).toHaveLength(1);
  });

  test('after a DELETE makes another one, which a late DELETE of the first does not touch', async () => {
    const first = idOf(await subscribe(bodyOf(trigger, 'deleted')));
    await backend.call('DELETE', `${path}/${first}`);
    const second = idOf(await subscribe(bodyOf(trigger, 'deleted')));
    expect(second).not.toBe(first);
    const before = await storedRows();
    expect((await backend.call('DELETE', `${path}/${first}`)).status).toBe(204);
    expect(await storedRows()).toEqual(before);
    expect((await backend.call('GET', `${path}/${second}`)).body).toMatchObject({ status: 'active' });
  });
});

test.each<[string, object]>([
  ['callback URL', { callbackUrl: callbackUrl('elsewhere') }],
  ['threshold', { threshold: 201 }],
  ['segment', { segmentName: 'HighValueCustomers' }],
])('another %s makes another subscription', async (_, change) => {
  const one = bodyOf(trigger, 'one');
  const answers = await Promise.all([subscribe(one), subscribe({ ...one, ...change })]);
  expect(new Set(answers.map(idOf)).size).toBe(2);
});

test('one callback URL may wait for several triggers', async () => {
  const answers = await Promise.all(
    (['full-refresh-completed', 'unification-refresh-completed'] as const).map((each) =>
      backend.call('POST', subscriptionsOf(each), { body: bodyOf(each, 'several') }),
    ),
  );
  expect(new Set(answers.map(idOf)).size).toBe(2);
});

test('many different requests of one connection at once are all granted', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => subscribe(bodyOf(trigger, `many ${n}`))));
  expect(new Set(answers.map(idOf)).size).toBe(40);
});

test('a flow that is saved again and again at once has one subscription, its last', async () => {
  const headers = { 'x-ms-workflow-id': 'flow-at-once', 'x-ms-workflow-operation-name': 'When_it_happens' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) => subscribe(bodyOf(trigger, `save ${n}`), headers)),
  );
  const views = await Promise.all(
    answers.map(async (answer) => (await backend.call('GET', `${path}/${idOf(answer)}`)).body),
  );
  const statuses = views.map((view) => (view as { status: string }).status);
  expect(statuses.filter((status) => status === 'active')).toHaveLength(1);
  expect(statuses.filter((status) => status === 'superseded')).toHaveLength(9);
});

test('flows with the same ids in two environments are two flows, whichever header names the environment', async () => {
  const ids = { 'x-ms-workflow-id': 'imported', 'x-ms-workflow-operation-name': 'When_it_happens' };
  const one = { ...ids, 'x-ms-environment-id': 'One', 'x-ms-client-environment-id': 'elsewhere' };
  const two = { ...ids, 'X-MS-Client-Environment-Id': 'Two' };
  const first = idOf(await subscribe(bodyOf(trigger, 'one v1'), one));
  const other = idOf(await subscribe(bodyOf(trigger, 'two v1'), two));
  const second = idOf(await subscribe(bodyOf(trigger, 'one v2'), { ...ids, 'X-MS-ENVIRONMENT-ID': 'ONE' }));
  const statuses = await Promise.all(
    [first, other, second].map(async (id) => (await backend.call('GET', `${path}/${id}`)).body),
  );
  expect(statuses).toMatchObject([{ status: 'superseded' }, { status: 'active' }, { status: 'active' }]);
});

test('a DELETE and the same request at once leave at most one subscription, which is the one answered', async () => {
  for (let round = 0; round < 10; round++) {
    const body = bodyOf(trigger, `round ${round}`);
    const first = idOf(await subscribe(body));
    const [again] = await Promise.all([subscribe(body), backend.call('DELETE', `${path}/${first}`)]);
    const answered = idOf(again);
    const { subscriptions = [], connections = [] } = await storedRows();
    // One that is marked as deleted is nobody's any more: the reconciler clears it away.
    const kept = subscriptions.filter(({ values }) => values['status'] !== 'deleted');
    const left = kept.filter(({ rowKey }) => [first, answered].some((id) => id.endsWith(rowKey)));
    const entries = connections.filter(({ values }) => [first, answered].includes(String(values['subscriptionId'])));
    expect({ round, left: left.length, entries: entries.length }).toEqual(
      answered === first ? { round, left: 0, entries: 0 } : { round, left: 1, entries: 1 },
    );
  }
});
