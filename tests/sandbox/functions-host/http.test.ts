import { request as openRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { eventually, startApp, untilLogged } from './start-app.ts';
import type { StartedApp } from './start-app.ts';

interface Seen {
  headers: Record<string, string>;
  body: string;
}

let host: StartedApp;
beforeAll(async () => {
  host = await startApp('http-app');
});

const echo = async (options: Parameters<typeof sendRequest>[2]) =>
  JSON.parse((await sendRequest(host.url, '/api/echo', options)).body) as Seen;

describe('a request', () => {
  test('has the bytes of its body and lower-case header names, with or without a content type', async () => {
    const body = Buffer.from([0, 255, 10, 128]);
    const seen = await echo({ method: 'POST', headers: { 'X-Some-Thing': 'Value', 'content-length': 4 }, body });
    expect(Buffer.from(seen.body, 'latin1')).toEqual(body);
    expect(seen.headers).toMatchObject({ 'x-some-thing': 'Value' });
  });

  test('may have a body with DELETE, and loses it with GET', async () => {
    expect(await echo({ method: 'DELETE', headers: { 'content-length': 1 }, body: 'x' })).toMatchObject({ body: 'x' });
    expect(await echo({ method: 'GET', headers: { 'content-length': 1 }, body: 'x' })).toMatchObject({ body: '' });
  });

  test('that is chunked arrives with its header and without its body', async () => {
    const seen = await echo({ method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'lost' });
    expect(seen).toMatchObject({ body: '', headers: { 'transfer-encoding': 'chunked' } });
  });

  test('with a repeated header has its values joined with a comma, and keeps an empty header', async () => {
    const headers = ['host', 'a', 'x-multi', '1', 'x-multi', '2', 'x-empty', ''];
    expect((await echo({ headers })).headers).toMatchObject({ 'x-multi': '1,2', 'x-empty': '' });
  });

  test('with a header outside ASCII is read as UTF-8', async () => {
    const value = Buffer.from('é').toString('latin1');
    expect((await echo({ headers: { 'x-name': value } })).headers).toMatchObject({ 'x-name': 'é' });
    expect((await sendRequest(host.url, '/api/echo', { headers: { 'x-name': 'é' } })).status).toBe(400);
  });

  test.each([
    ['33 KB of headers', { headers: { 'x-name': 'x'.repeat(33_000) } }, '/api/echo', 431],
    ['an address of more than 8 KB', {}, `/api/echo?${'x'.repeat(8_192)}`, 414],
    ['an address of 8 KB with its line', {}, `/api/echo?${'x'.repeat(8_192 - 25)}`, 200],
    ['%00 in its path', {}, '/api/echo%00', 400],
    ['%00 in its query', {}, '/api/echo?a=%00', 200],
    ['an absolute address', {}, 'http://a/api/echo', 400],
    ['a host that is none', { headers: { host: 'a b' } }, '/api/echo', 400],
    ['two hosts', { headers: ['host', 'a', 'host', 'b'] }, '/api/echo', 400],
  ])('with %s is answered as Kestrel does', async (_, options, path, status) => {
    expect((await sendRequest(host.url, path, options)).status).toBe(status);
  });

  test.each([
    ['get /api/echo HTTP/1.1\r\nhost: a\r\nconnection: close', 'HTTP/1.1 200'],
    ['FOO /api/echo HTTP/1.1\r\nhost: a', 'HTTP/1.1 404'],
    ['foo /api/echo HTTP/1.1\r\nhost: a', 'HTTP/1.1 404'],
    ['GET /api/echo HTTP/1.0', 'HTTP/1.1 500'],
  ])('of the bytes "%s" is answered %s', async (head, answer) => {
    const { port, hostname } = new URL(host.url);
    const socket = connect(Number(port), hostname);
    socket.write(`${head}\r\n\r\n`);
    expect(await text(socket)).toMatch(new RegExp(`^${answer}`));
  });

  test('of more than 104857600 bytes is a 500 at once, and the connection is closed', async () => {
    const sent = openRequest(`${host.url}/api/echo`, { method: 'POST', headers: { 'content-length': 104_857_601 } });
    sent.flushHeaders();
    const answer = await new Promise<number | undefined>((resolve) => {
      sent.on('response', (response) => {
        expect(response.headers).toMatchObject({ 'content-length': '0', connection: 'close' });
        resolve(response.statusCode);
      });
    });
    sent.on('error', () => undefined).destroy();
    expect(answer).toBe(500);
  });

  test('with malformed JSON reaches the handler, which throws on it', async () => {
    const answer = await sendRequest(host.url, '/api/json', {
      method: 'POST',
      headers: { 'content-length': 1 },
      body: '{',
    });
    expect(answer).toMatchObject({ status: 500, body: '' });
  });

  test('whose caller goes away in the middle of the body calls nobody and breaks nothing', async () => {
    const { port, hostname } = new URL(host.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /api/json HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"half":');
    socket.end();
    await text(socket);
    expect((await sendRequest(host.url, '/api/echo')).status).toBe(200);
    expect(host.lines.filter((line) => line.includes('broke the host'))).toEqual([]);
  });

  test('does not wait for others', async () => {
    const waiting = Array.from({ length: 50 }, () => sendRequest(host.url, '/api/gates/crowd'));
    const arrived = () => Promise.resolve(host.lines.filter((line) => line.endsWith('waiting at crowd')).length);
    await eventually(arrived, (count) => count === 50);
    await host.openGate('crowd');
    expect(new Set((await Promise.all(waiting)).map(({ body }) => body))).toEqual(new Set(['through']));
  });
});

describe('an answer', () => {
  const answerOf = (kind: string) => sendRequest(host.url, `/api/answers/${kind}`);

  test.each([
    ['nothing', 204],
    ['empty', 200],
    ['null-json', 200],
    ['empty-string', 200],
    ['no-content', 204],
    ['text', 500],
    ['teapot', 500],
    ['latin-1', 500],
    ['polish', 500],
    ['cookie', 500],
  ])('of "%s" is a %i without body', async (kind, status) => {
    const answer = await answerOf(kind);
    expect(answer).toMatchObject({ status, body: '' });
    expect(answer.headers['content-length']).toBe(status === 204 ? undefined : '0');
  });

  test('of a handler that threw is explained in the log alone', async () => {
    await answerOf('teapot');
    await untilLogged(host, /error +answers: Executed 'Functions.answers' \(Failed.*\n? *.*no tea/);
  });

  test('that takes longer than functionTimeout is a 500 without body', async () => {
    const hurried = await startApp('http-app', { hostJson: { functionTimeout: '00:00:01' } });
    expect(await sendRequest(hurried.url, '/api/gates/never')).toMatchObject({ status: 500, body: '' });
    expect(hurried.lines.join('\n')).toContain('Timeout value of 1000 ms was exceeded');
  });

  test('with JSON has its content type unless the handler set another, and lower-case header names', async () => {
    const json = await answerOf('json');
    expect(json).toMatchObject({ status: 201, body: '{"a":1}' });
    expect(json.headers).toMatchObject({ 'content-type': 'application/json', location: '/somewhere', 'x-custom': 'b' });
    expect((await answerOf('problem')).headers['content-type']).toBe('application/problem+json');
    expect((await answerOf('null-json')).headers['content-type']).toBeUndefined();
  });

  test('with a body is chunked unless the handler set its length', async () => {
    const chunked = await answerOf('string');
    expect(chunked).toMatchObject({ body: 'hello', headers: { 'content-type': 'text/plain;charset=UTF-8' } });
    expect(chunked.headers).toMatchObject({ 'transfer-encoding': 'chunked' });
    const sized = await answerOf('content-length');
    expect(sized).toMatchObject({ body: 'hello', headers: { 'content-length': '5' } });
    expect(sized.headers['transfer-encoding']).toBeUndefined();
  });
});
