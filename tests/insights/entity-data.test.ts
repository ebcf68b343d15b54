import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { EntityData } from '../../shared/insights/entity-data.ts';
import { unlimitedPermits } from '../../shared/insights/call-permits.ts';
import { restEntityData } from '../../shared/insights/rest-entity-data.ts';
import { silentLog } from '../../shared/log.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { atTheEnd, failure, timeoutMs } from './open-adapter.ts';
import { jumpingClock, type JumpingClock } from './jumping-clock.ts';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from './scripted-server.ts';

/** The adapter against a server with these answers, until the running test ends. */
async function open(...answers: ScriptedAnswer[]): Promise<{
  data: EntityData;
  server: ScriptedServer;
  clock: JumpingClock;
}> {
  const server = await startScriptedServer(...answers);
  atTheEnd(server.stop);
  return { ...adapterOf(server.baseUrl), server };
}

/**
 * The adapter without token and jitter, on a clock that only the test moves, until the running test
 * ends.
 */
function adapterOf(baseUrl: string): { data: EntityData; clock: JumpingClock } {
  const clock = jumpingClock(timeoutMs);
  const random = { fraction: () => 0, token: () => '' };
  const permits = unlimitedPermits;
  const data = restEntityData({
    baseUrl,
    permits,
    timeoutMs,
    clock,
    random,
    log: silentLog,
    telemetry: noTelemetry,
  });
  atTheEnd(data.close);
  return { data, clock };
}

const targets = ({ requests }: ScriptedServer): string[] =>
  requests.map(({ method = '', target = '' }) => `${method} ${target.replace('/v1/instances/', '')}`);

describe('what does not exist is searched for from the outside:', () => {
  const found: ScriptedAnswer = { body: { instanceId: 'i' } };
  const entity: ScriptedAnswer = { body: { name: 'E' } };

  test('an instance', async () => {
    const { data, server } = await open({ status: 404 });
    expect(await data.items('i', 'E', {})).toEqual({ kind: 'missing', what: 'instance' });
    expect(targets(server)).toEqual(['GET i/data/E', 'GET i']);
  });

  test('an entity', async () => {
    const { data } = await open({ status: 404 }, found);
    expect(await data.items('i', 'E', {})).toEqual({ kind: 'missing', what: 'entity' });
  });

  test('an item to update', async () => {
    const { data, server } = await open({ status: 404 }, found, entity);
    expect(await data.updateItem('i', 'E', 'x/y', '{}', {})).toEqual({ kind: 'missing', what: 'item' });
    expect(targets(server)).toEqual(['PATCH i/data/E/x%2Fy', 'GET i', 'GET i/manage/entities/E']);
  });

  test('the entity of an item to update', async () => {
    const { data } = await open({ status: 404 }, found, { status: 404 }, found);
    expect(await data.updateItem('i', 'E', 'x', '{}', {})).toEqual({ kind: 'missing', what: 'entity' });
  });

  test('without an answer to that, nothing is said about it', async () => {
    const { data } = await open({ status: 404 }, { status: 403 });
    expect(await failure(data.items('i', 'E', {}))).toMatchObject({ kind: 'unauthorized' });
  });
});

describe('a refusal keeps what the service says, and none of its internals:', () => {
  test.each<[string, unknown, string | undefined]>([
    [
      'ODataError',
      {
        errorCode: 'badRequest',
        message: 'No such property.\r\n   at Microsoft.OData.UriParser',
        innerError: { message: 'secret', typeName: 'System.Exception', stackTrace: 'at X' },
      },
      'No such property.',
    ],
    [
      'ApiErrorResult',
      { exception: 'System.X', errorCode: 'someCode', message: 'Not like this', params: { a: 'secret' } },
      'Not like this',
    ],
    ['a long message', { message: 'x'.repeat(1000) }, 'x'.repeat(300)],
    ['a code alone', { errorCode: 'someCode' }, 'someCode'],
    ['a page for people', '<html>', undefined],
    ['nothing', '', undefined],
  ])('%s', async (_, body, said) => {
    const { data } = await open({ status: 400, body });
    expect(await data.items('i', 'E', {})).toMatchObject({ kind: 'call-refused', serviceMessage: said });
  });

  test.each([400, 405, 406, 409, 413, 415, 422, 431])('a %i of a reading call is one', async (status) => {
    const { data, server } = await open({ status });
    expect(await data.items('i', 'E', {})).toMatchObject({ kind: 'call-refused', serviceMessage: undefined });
    expect(server.requests).toHaveLength(1);
  });
});

test('options are sent as they are meant, with blanks as %20', async () => {
  const { data, server } = await open({ body: { value: [] } });
  await data.items('i', 'E', { $filter: "A eq 'a+b & c''d' or B eq '100%' or C eq 'ü'", $top: '5' });
  expect(targets(server)).toEqual([
    'GET i/data/E?$filter=A%20eq%20%27a%2Bb%20%26%20c%27%27d%27%20or%20B%20eq%20%27100%25%27%20or%20C%20eq%20%27%C3%BC%27&$top=5',
  ]);
});

describe('a page', () => {
  test('has the items as they came, numbers included', async () => {
    const text = '{"value":[{"Id":9007199254740993,"X":1.50,"Y":1234567890123456789.5}]}';
    const { data } = await open({ body: text });
    expect(JSON.stringify(await data.items('i', 'E', {}))).toContain(
      '{"Id":9007199254740993,"X":1.50,"Y":1234567890123456789.5}',
    );
  });

  test.each([{}, { value: 7 }, [], 'text', null])('is not made out of %j', async (body) => {
    const { data } = await open({ body });
    expect(await failure(data.items('i', 'E', {}))).toMatchObject({ kind: 'unavailable' });
  });

  test('says that there is a next one when the service does', async () => {
    const { data } = await open({ body: { Value: [{ a: 1 }], '@odata.nextLink': 'https://evil.example/' } });
    expect(await data.items('i', 'E', {})).toEqual({ kind: 'page', items: [{ a: 1 }], hasNext: true });
  });
});

describe('entities', () => {
  test.each([
    ['IC360EntityModel', { instanceId: 'i', entities: [{ name: 'A' }, { nothing: 1 }] }],
    ['in PascalCase', { Entities: [{ Name: 'A' }] }],
    ['bare', [{ name: 'A' }]],
    ['in an envelope', { value: [{ name: 'A' }] }],
  ])('%s', async (_, body) => {
    const { data } = await open({ body });
    expect(await data.entities('i')).toMatchObject({ kind: 'entities', entities: [{ entityId: 'A', name: 'A' }] });
  });

  test('have keys out of attributes or of their names', async () => {
    const attributes = [{ name: 'K', dataType: 'Edm.String' }];
    for (const keys of [[[{ name: 'K' }]], [['K']]]) {
      const { data } = await open({ body: { name: 'A', attributes, keys } });
      expect(await data.entity('i', 'A')).toMatchObject({ entity: { keys: [['K']] } });
    }
    const { data } = await open({ body: { name: 'A', keys: [null, 'K', [7, null]] } });
    expect(await data.entity('i', 'A')).toMatchObject({ entity: { keys: [[]] } });
  });
});

test('a partition whose rows do not come within a minute is given up, and its address is not shown', async () => {
  const arrived = Promise.withResolvers<undefined>();
  const server = createServer(({ url = '' }, response) => {
    const httpRequests = [{ uri: `http://${origin}/part?sig=s3cret` }];
    if (url.includes('/v1/')) response.end(JSON.stringify({ name: 'E', attributes: [{ name: 'A' }], httpRequests }));
    else arrived.resolve(undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { data, clock } = adapterOf(`http://${origin}/v1`);
  atTheEnd(async () => {
    server.closeAllConnections();
    await once(server.close(), 'close');
  });
  const failed = failure(data.partitionRows('i', 'E', '0', { skip: 0, top: 1 }));
  await arrived.promise;
  clock.advance(60_000);
  const error = await failed;
  expect(error).toMatchObject({ kind: 'unavailable', cause: undefined });
  expect(error.message).toBe('Customer Insights: GET partition of i: the rows were not complete within 60000 ms');
});

test('an answer without a list of partitions is none', async () => {
  const { data } = await open({ body: { value: [] } });
  expect(await failure(data.partitions('i', 'E'))).toMatchObject({ kind: 'unavailable' });
});

describe('a call that writes', () => {
  const create = (data: EntityData) => data.createItem('i', 'E', '{"A":9007199254740993}', { caller: 'me & you' });

  test('sends the body and the options as they are', async () => {
    const { data, server } = await open({ status: 201, body: '{"value":{"A":9007199254740993}}' });
    expect(JSON.stringify(await create(data))).toBe('{"kind":"created","isDone":true,"item":{"A":9007199254740993}}');
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        target: '/v1/instances/i/data/E?caller=me%20%26%20you',
        headers: { 'content-type': 'application/json', 'content-length': '22' },
      },
    ]);
  });

  test.each([
    [200, true],
    [201, true],
    [202, false],
  ])('and is answered %i without a body is done: %s', async (status, isDone) => {
    const { data } = await open({ status });
    expect(await create(data)).toEqual({ kind: 'created', isDone, item: undefined });
  });

  test('is repeated after a 429, which carried nothing out', async () => {
    const { data, server } = await open({ status: 429 }, { status: 201 });
    expect(await create(data)).toMatchObject({ kind: 'created' });
    expect(server.requests).toHaveLength(2);
  });

  test.each<ScriptedAnswer>([{ status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }, 'reset'])(
    'is not repeated after %j, and nobody knows what became of it',
    async (answer) => {
      const { data, server } = await open(answer, { status: 201 });
      expect(await failure(create(data))).toMatchObject({ kind: 'unconfirmed' });
      expect(server.requests).toHaveLength(1);
    },
  );

  test('is not repeated after the deadline', async () => {
    const { data, server, clock } = await open('silence', { status: 201 });
    const failed = failure(data.updateItem('i', 'E', 'x', '{}', {}));
    await server.seen(1);
    clock.advance(timeoutMs);
    expect(await failed).toMatchObject({ kind: 'unconfirmed' });
    expect(server.requests).toHaveLength(1);
  });

  test('is repeated when nobody was there to be sent it', async () => {
    const server = await startScriptedServer({ status: 201 });
    await server.stop();
    const { data, clock } = adapterOf(server.baseUrl);
    expect(await failure(create(data))).toMatchObject({ kind: 'unavailable' });
    expect(clock.naps).toHaveLength(2);
  });

  test('and finds an item of that key says so', async () => {
    const { data } = await open({ status: 409, body: { message: 'There is one.' } });
    expect(await create(data)).toEqual({ kind: 'exists' });
  });
});
