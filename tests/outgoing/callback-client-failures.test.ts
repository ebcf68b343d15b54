import { afterEach, describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { callbackClient } from '../../shared/outgoing/callback-client.ts';
import selfSigned from '../fixtures/self-signed.json' with { type: 'json' };
import {
  closeAfterTest,
  closeOpened,
  loopbackPolicy,
  postTo,
  requestTo,
  startClient,
  startServer,
  unreached,
} from './callback-harness.ts';
import type { RawServer } from './raw-server.ts';
import { httpAnswer } from './raw-server.ts';

afterEach(closeOpened);

const toLoopback = (): Promise<LookupAddress[]> => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

describe('no usable answer', () => {
  test('nobody listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));

    const answer = await startClient().post({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}' });

    expect(answer).toEqual(unreached('connect'));
  });

  test('the connection is closed or reset before a head', async () => {
    expect(await postTo((socket) => socket.end())).toEqual(unreached('reset'));
    expect(await postTo((socket) => socket.resetAndDestroy())).toEqual(unreached('reset'));
    expect(await postTo((socket) => socket.end('HTTP/1.1 20'))).toEqual(unreached('reset'));
  });

  test.each([
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['an unknown version', 'HTTP/9.9 200 OK\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 OK\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx'],
    ['1,000 headers that fill 40 KiB', `HTTP/1.1 200 OK\r\n${`x-filler: ${'x'.repeat(28)}\r\n`.repeat(1000)}\r\n`],
    ['a header of 20 KB', `HTTP/1.1 200 OK\r\nx-filler: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s', async (_name, bytes) => {
    expect(await postTo((socket) => socket.write(bytes))).toEqual(unreached('malformed'));
  });

  test('a chunk whose length is no number', async () => {
    const head = 'HTTP/1.1 500 x\r\ntransfer-encoding: chunked\r\n\r\n';

    expect(await postTo((socket) => socket.write(`${head}nonsense\r\n`))).toEqual(unreached('malformed'));
  });

  test('a protocol switch nobody asked for', async () => {
    const bytes = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

    expect(await postTo((socket) => socket.write(bytes))).toEqual(unreached('reset'));
  });

  test('the next call is unharmed by a malformed answer', async () => {
    const answers = [Buffer.from('nonsense\r\n\r\n'), httpAnswer(202)];
    const server = await startServer((socket) => socket.write(answers.shift() ?? ''));
    const client = startClient();
    const request = requestTo(server);

    expect(await client.post(request)).toEqual(unreached('malformed'));
    expect(await client.post(request)).toMatchObject({ kind: 'answered', status: 202 });
  });
});

describe('a body that breaks off', () => {
  const partOf = (status: number): string => `HTTP/1.1 ${status} x\r\ncontent-length: 100\r\n\r\n{"error":`;

  test('is a success after a 2xx head, whichever way it breaks', async () => {
    const success = { kind: 'answered', status: 202 };

    expect(await postTo((socket) => socket.end(partOf(202)))).toMatchObject(success);
    expect(await postTo((socket) => socket.write(partOf(202)), { timeoutMs: 1_500 })).toMatchObject(success);
    const chunked = 'HTTP/1.1 202 x\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n';
    expect(await postTo((socket) => socket.write(chunked))).toMatchObject(success);
  });

  test('is no answer after any other head, because the missing part may say what to do', async () => {
    expect(await postTo((socket) => socket.end(partOf(404)))).toEqual(unreached('reset'));
    expect(await postTo((socket) => socket.write(partOf(400)), { timeoutMs: 150 })).toEqual(unreached('timeout'));
  });

  test('a body longer than its content-length does not harm the call or the next one', async () => {
    const server = await startServer((socket) => socket.write('HTTP/1.1 204 x\r\n\r\nunexpected body'));
    const client = startClient();
    const request = requestTo(server);

    expect(await client.post(request)).toMatchObject({ kind: 'answered', status: 204 });
    expect(await client.post(request)).toMatchObject({ kind: 'answered', status: 204 });
  });
});

describe('bounds', () => {
  test('of an answer of 1 GB only a little is taken, then the connection is destroyed', async () => {
    const closed = Promise.withResolvers<undefined>();
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const server = await startServer((socket) => {
      socket.once('close', () => closed.resolve(undefined));
      socket.write(`HTTP/1.1 500 x\r\ncontent-length: ${2 ** 30}\r\n\r\n`);
      const pump = (): void => {
        while (!socket.destroyed && socket.write(chunk));
        socket.once('drain', pump);
      };
      pump();
    });

    const answer = await startClient().post(requestTo(server));
    await closed.promise;

    expect(answer).toMatchObject({ kind: 'answered', status: 500 });
    // What the socket buffers of both sides hold, and far from 1 GB.
    expect(server.connections[0]?.bytesWritten).toBeLessThan(32 * 2 ** 20);
  });

  test('an error code beyond the first 16 KiB is not seen', async () => {
    const body = `${' '.repeat(16 * 1024)}${JSON.stringify({ error: { code: 'WorkflowNotFound' } })}`;

    const answer = await postTo((socket) => socket.write(httpAnswer(404, { body })));

    expect(answer).toEqual({
      kind: 'answered',
      status: 404,
      durationMs: expect.any(Number),
      excerpt: expect.any(Object),
    });
  });

  test.each([
    ['a receiver that never answers', () => undefined],
    ['a receiver that stops inside the head', (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\nx: ')],
    [
      'a receiver whose error body drips',
      (socket: Socket) => {
        socket.write('HTTP/1.1 500 x\r\ncontent-length: 100000\r\n\r\n');
        const drip = setInterval(() => socket.write('x'), 10);
        socket.once('close', () => clearInterval(drip));
      },
    ],
  ])('%s ends at the deadline', async (_name, answer) => {
    expect(await postTo(answer, { timeoutMs: 200 })).toEqual(unreached('timeout'));
  });

  test('of a gzip bomb only a little is taken, and nothing of it is decompressed', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 2 ** 20));
    const before = process.memoryUsage().arrayBuffers;

    const answer = await postTo((socket) =>
      socket.write(httpAnswer(500, { headers: ['content-encoding: gzip'], body: bomb })),
    );

    expect(answer).toEqual({
      kind: 'answered',
      status: 500,
      durationMs: expect.any(Number),
      excerpt: expect.any(Object),
    });
    expect(bomb.length).toBeGreaterThan(48 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });

  test('resolution of the name, head and body have one deadline together, not one each', async () => {
    const late = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), 120));
    const server = await startServer((socket) => {
      void late(`HTTP/1.1 500 x\r\ncontent-length: 2\r\n\r\n{`).then((head) => {
        socket.write(head);
        void late('}').then((rest) => socket.write(rest));
      });
    });
    const lookup = async (): Promise<LookupAddress[]> => late(await toLoopback());
    const request = { url: `http://slow.example.com:${server.port}/`, headers: {}, body: '{}' };

    expect(await startClient({ lookup }).post(request)).toMatchObject({ status: 500 });
    expect(await startClient({ timeoutMs: 300, lookup }).post(request)).toEqual(unreached('timeout'));
  });

  test('a name that is never resolved ends at the deadline', async () => {
    const client = startClient({ timeoutMs: 150, lookup: () => new Promise(() => undefined) });

    expect(await client.post({ url: 'https://a.logic.azure.com/', headers: {}, body: '{}' })).toEqual(
      unreached('timeout'),
    );
  });

  test('a TLS handshake that is never answered ends at the deadline', async () => {
    const server = await startServer(() => undefined);

    const answer = await startClient({ timeoutMs: 150 }).post({
      url: `https://127.0.0.1:${server.port}/`,
      headers: {},
      body: '{}',
    });

    expect(answer).toEqual(unreached('timeout'));
  });

  test('a call that waited for its name beyond the deadline is not sent when the name comes', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)));
    const name = Promise.withResolvers<{ address: string; family: number }[]>();
    const client = callbackClient({ policy: loopbackPolicy, timeoutMs: 100, lookup: () => name.promise });
    const url = `http://late.example.com:${server.port}/`;

    expect(await client.post({ url, headers: {}, body: '{}' })).toEqual(unreached('timeout'));
    name.resolve(await toLoopback());
    await client.close();

    expect(server.requests).toHaveLength(0);
  });
});

describe('TLS', () => {
  const url = (server: RawServer, host: string): string => `https://${host}:${server.port}/`;

  afterEach(() => setDefaultCACertificates(getCACertificates('bundled')));

  test('a certificate that nobody vouches for ends the call before anything is sent', async () => {
    const server = await startServer((socket) => socket.write(httpAnswer(202)), { tls: true });
    const client = startClient({ lookup: toLoopback });

    const answer = await client.post({ url: url(server, 'flow.example.com'), headers: {}, body: '{}' });

    expect(answer).toEqual(unreached('tls'));
    expect(server.requests).toHaveLength(0);
  });

  test('a trusted certificate is good for its own name and no other', async () => {
    setDefaultCACertificates([selfSigned.certificate]);
    const server = await startServer((socket) => socket.write(httpAnswer(202)), { tls: true });
    const client = startClient({ lookup: toLoopback });

    const rightName = await client.post({ url: url(server, 'flow.example.com'), headers: {}, body: '{}' });
    const wrongName = await client.post({ url: url(server, 'other.example.com'), headers: {}, body: '{}' });

    expect(rightName).toMatchObject({ kind: 'answered', status: 202 });
    expect(wrongName).toEqual(unreached('tls'));
    expect(server.requests).toHaveLength(1);
  });

  test('a receiver that speaks no TLS, or hangs up during the handshake', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 400 x\r\n\r\n'));
    });
    const hangsUp = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.resetAndDestroy());
    });
    for (const server of [plain, hangsUp]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closeAfterTest({ close: () => new Promise((resolve) => server.close(() => resolve())) });
      const { port } = server.address() as AddressInfo;

      const answer = await startClient().post({ url: `https://127.0.0.1:${port}/`, headers: {}, body: '{}' });

      expect(answer).toEqual(unreached('tls'));
    }
  });
});
