import { afterEach, describe, expect, test } from '@jest/globals';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { callbackClient } from '../../shared/outgoing/callback-client.ts';
import { closeOpened, loopbackPolicy, postTo, requestTo, startClient, startServer } from './callback-harness.ts';
import { httpAnswer } from './raw-server.ts';

afterEach(closeOpened);

describe('what is sent', () => {
  test.each([
    '/workflows/abc/triggers/T/versions/1/run?sp=%2Ftriggers%2FT%2Cread&sv=1.0&sig=a-b_c%2B%3d',
    '/a//b/;x=1,2/@user/~*!$()',
    '/p%20q/%2F%zz/%C3%A9?x=%zz&y=a?b&z=//',
    '/?',
    '/lower%2fUPPER%2F?q=%e2%82%ac',
  ])('the request target %s arrives byte for byte', async (target) => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));

    await startClient().post(requestTo(server, target));

    expect(server.requests.map((request) => request.target)).toEqual([target]);
  });

  test('a URL without path is called on /', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const client = startClient();

    await client.post(requestTo(server, ''));
    await client.post(requestTo(server, '?a=b'));

    expect(server.requests.map((request) => request.target)).toEqual(['/', '/?a=b']);
  });

  test('the given headers and those of the framing are sent, no others, and the length counts bytes', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const body = JSON.stringify({ displayName: 'Käufer 🎉 \u2028' });

    await startClient().post({
      ...requestTo(server),
      headers: { 'content-type': 'application/json', 'webhook-id': 'd1', 'user-agent': 'triggers/1' },
      body,
    });

    const [request] = server.requests;
    expect(request?.body).toEqual(Buffer.from(body));
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      host: `127.0.0.1:${server.port}`,
      connection: 'keep-alive',
      'content-type': 'application/json',
      'webhook-id': 'd1',
      'user-agent': 'triggers/1',
      'accept-encoding': 'identity',
      'content-length': String(Buffer.byteLength(body)),
    });
  });

  test('20 calls to one origin, one after the other, share two connections at most', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(404, { body: '{}' })));
    const client = startClient();

    for (let call = 0; call < 20; call += 1) {
      await client.post(requestTo(server));
    }

    expect(server.requests).toHaveLength(20);
    // undici frees a connection a moment after the end of the answer, so a call made at once may
    // need a second one.
    expect(server.connections.length).toBeLessThanOrEqual(2);
  });

  test('a connection that has grown old is used no more, and the call that is on it ends in peace', async () => {
    const held: Socket[] = [];
    const server = await startServer((socket, { target }) => {
      if (target === '/slow') held.push(socket);
      else socket.write(httpAnswer(202));
    });
    const client = startClient({ maxConnectionAgeMs: 100 });

    const slow = client.post(requestTo(server, '/slow'));
    await client.post(requestTo(server));
    expect(server.connections).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await client.post(requestTo(server));
    expect(server.connections).toHaveLength(3);
    held[0]?.write(httpAnswer(202));
    expect(await slow).toMatchObject({ kind: 'answered', status: 202 });
  });

  test('600 calls at once are all answered, over at most 512 connections', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const client = startClient();
    const calls = Array.from({ length: 600 }, (_, index) => client.post(requestTo(server, `/${index}`)));

    const answers = await Promise.all(calls);

    expect(answers.filter((answer) => answer.kind === 'answered' && answer.status === 202)).toHaveLength(600);
    expect(new Set(server.requests.map((request) => request.target)).size).toBe(600);
    expect(server.connections.length).toBeLessThanOrEqual(512);
  });
});

describe('what is kept of an answer', () => {
  test('a 2xx keeps its run id, cut to 64 characters', async () => {
    const answer = await postTo((socket) =>
      socket.write(httpAnswer(202, { headers: [`x-ms-workflow-run-id: 0858-${'a'.repeat(80)}`] })),
    );

    expect(answer).toEqual({
      kind: 'answered',
      status: 202,
      runId: `0858-${'a'.repeat(59)}`,
      durationMs: expect.any(Number),
    });
  });

  test.each(['<script>', 'a b', '', 'run/../id', 'é'])('the run id "%s" is dropped', async (runId) => {
    const answer = await postTo((socket) =>
      socket.write(httpAnswer(202, { headers: [`x-ms-workflow-run-id: ${runId}`] })),
    );

    expect(answer).not.toHaveProperty('runId');
    expect(answer).toMatchObject({ kind: 'answered', status: 202 });
  });

  test('a refusal keeps the error code of its JSON body, with or without a byte order mark', async () => {
    const body = JSON.stringify({ error: { code: 'WorkflowTriggerIsNotEnabled', message: 'off' } });

    for (const text of [body, `\ufeff${body}`]) {
      const answer = await postTo((socket) => socket.write(httpAnswer(400, { body: text })));
      expect(answer).toMatchObject({ kind: 'answered', status: 400, errorCode: 'WorkflowTriggerIsNotEnabled' });
    }
  });

  test.each([
    { Error: { Code: 'WorkflowNotFound', Message: 'gone' } },
    { error: { Code: 'WorkflowNotFound' } },
    { Error: { code: 'WorkflowNotFound' } },
    { error: null, Error: { Code: 'WorkflowNotFound' } },
  ])('the body %j has an error code', async (body) => {
    const answer = await postTo((socket) => socket.write(httpAnswer(404, { body: JSON.stringify(body) })));
    expect(answer).toMatchObject({ kind: 'answered', status: 404, errorCode: 'WorkflowNotFound' });
  });

  test.each([
    '<html>WorkflowNotFound</html>',
    'null',
    '[]',
    '"WorkflowNotFound"',
    '{"error":"WorkflowNotFound"}',
    '{"error":null}',
    '{"error":{"code":7}}',
    '{"error":{"code":"a b"}}',
    `{"error":{"code":"${'a'.repeat(65)}"}}`,
    '{"code":"WorkflowNotFound"}',
    '',
  ])('the body %j has no error code', async (body) => {
    const answer = await postTo((socket) => socket.write(httpAnswer(404, { body })));

    expect(answer).toEqual({
      kind: 'answered',
      status: 404,
      durationMs: expect.any(Number),
      excerpt: expect.any(Object),
    });
  });

  test('a compressed answer is not decompressed', async () => {
    const body = gzipSync(JSON.stringify({ error: { code: 'WorkflowNotFound' } }));

    const answer = await postTo((socket) =>
      socket.write(httpAnswer(404, { headers: ['content-encoding: gzip'], body })),
    );

    expect(answer).toEqual({
      kind: 'answered',
      status: 404,
      durationMs: expect.any(Number),
      excerpt: expect.any(Object),
    });
  });

  test('Retry-After is read as seconds and, by the clock, as a date', async () => {
    const clock = { now: () => Date.UTC(2026, 10, 23, 10, 0, 0), sleep: () => Promise.resolve() };

    for (const [header, retryAfterMs] of [
      ['retry-after: 120', 120_000],
      ['retry-after: Mon, 23 Nov 2026 10:00:30 GMT', 30_000],
    ] as const) {
      const answer = await postTo((socket) => socket.write(httpAnswer(429, { headers: [header] })), { clock });
      expect(answer).toMatchObject({ kind: 'answered', status: 429, retryAfterMs });
    }
  });

  test('two Retry-After headers count as none', async () => {
    const answer = await postTo((socket) =>
      socket.write(httpAnswer(429, { headers: ['retry-after: 1', 'retry-after: 2'] })),
    );

    expect(answer).toMatchObject({ kind: 'answered', status: 429 });
    expect(answer).not.toHaveProperty('retryAfterMs');
  });

  test.each([301, 302, 303, 307, 308])('a %i is an answer and its location is never called', async (status) => {
    const other = await startServer((socket) => socket.write(httpAnswer(200)));
    const location = `location: http://127.0.0.1:${other.port}/`;

    const answer = await postTo((socket) => socket.write(httpAnswer(status, { headers: [location] })));

    expect(answer).toMatchObject({ kind: 'answered', status });
    expect(other.connections.length).toBe(0);
  });

  test('headers that name another address or protocol lead nowhere', async () => {
    const other = await startServer((socket) => socket.write(httpAnswer(200)));
    const address = `http://127.0.0.1:${other.port}/`;
    const headers = [`refresh: 0; url=${address}`, `alt-svc: h2="127.0.0.1:${other.port}"`, `location: ${address}`];
    const server = await startServer((socket) => socket.write(httpAnswer(200, { headers })));
    const client = startClient();

    for (let call = 0; call < 2; call++) expect(await client.post(requestTo(server))).toMatchObject({ status: 200 });
    expect(server.requests).toHaveLength(2);
    expect(other.connections).toHaveLength(0);
  });

  test('an interim 103 is not the answer', async () => {
    const answer = await postTo((socket) =>
      socket.write(Buffer.concat([Buffer.from('HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'), httpAnswer(202)])),
    );

    expect(answer).toMatchObject({ kind: 'answered', status: 202 });
  });
});

describe('misuse', () => {
  test('a header that cannot be sent is a bug of the caller and throws', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));

    const call = startClient().post({
      ...requestTo(server),
      headers: { 'webhook-id': 'a\r\nx-injected: 1' },
    });

    await expect(call).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
    expect(server.requests).toHaveLength(0);
  });

  test('a call after close throws, and close lets the calls in hand end', async () => {
    let release: (() => void) | undefined;
    const arrived = Promise.withResolvers<undefined>();
    const server = await startServer((socket) => {
      release = () => socket.write(httpAnswer(202));
      arrived.resolve(undefined);
    });
    const client = callbackClient({ policy: loopbackPolicy, timeoutMs: 60_000 });
    const request = requestTo(server);

    const inHand = client.post(request);
    await arrived.promise;
    const closed = client.close();
    const late = client.post(request);
    release?.();

    await expect(late).rejects.toMatchObject({ code: 'UND_ERR_CLOSED' });
    expect(await inHand).toMatchObject({ kind: 'answered', status: 202 });
    await closed;
    await expect(client.post(request)).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });

  test('a header that the protocol client does not support is a bug of the caller and throws', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));

    const call = startClient().post({ ...requestTo(server), headers: { expect: '100-continue' } });

    await expect(call).rejects.toMatchObject({ code: 'UND_ERR_NOT_SUPPORTED' });
    expect(server.requests).toHaveLength(0);
  });
});

describe('a client that replaces its connections', () => {
  test('uses a new one for each call, and its close waits for calls on those it has replaced', async () => {
    const arrived = Promise.withResolvers<Socket>();
    const server = await startServer((socket) => {
      if (server.requests.length === 1) arrived.resolve(socket);
      else socket.write(httpAnswer(202));
    });
    const client = callbackClient({ policy: loopbackPolicy, timeoutMs: 60_000, maxConnectionAgeMs: 0 });
    const order: string[] = [];

    const inHand = client.post(requestTo(server)).then((answer) => order.push(`${answer.kind} at last`));
    const socket = await arrived.promise;
    await client.post(requestTo(server));
    expect(server.connections).toHaveLength(2);
    const closed = client.close().then(() => order.push('closed'));
    // Time in which a close that waits for nothing ends: another client is opened, used and closed.
    const other = callbackClient({ policy: loopbackPolicy, timeoutMs: 60_000 });
    await other.post(requestTo(server));
    await other.close();
    order.push('released');
    socket.write(httpAnswer(202));
    await Promise.all([inHand, closed]);

    expect(order).toEqual(['released', 'answered at last', 'closed']);
  });
});
