import { createServer, type IncomingHttpHeaders } from 'node:http';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { httpHeaders } from '../../shared/azure/http-headers.ts';
import type { PipelineRequest } from '../../shared/azure/pipeline.ts';
import { storageHttpClient } from '../../shared/azure/storage-http-client.ts';
import { localServer } from '../helpers/local-server.ts';

let seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
const server = createServer(({ url, headers }, response) => {
  seen.push({ url, headers });
  if (url === '/cut') response.writeHead(200, { 'content-length': '9' }).write('half', () => response.destroy());
  else response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-ms-request-id': 'r' }).end('é');
});
const origin = localServer(server);
beforeEach(() => {
  seen = [];
});

function request(path: string, options: Partial<PipelineRequest> = {}): PipelineRequest {
  return {
    url: `${origin()}${path}`,
    method: 'GET',
    headers: httpHeaders({ 'x-ms-date': 'today' }),
    requestId: '1',
    timeout: 0,
    withCredentials: false,
    allowInsecureConnection: true,
    ...options,
  };
}

test('a request is sent as it is, and its response is read as text', async () => {
  const path = `/account/state(PartitionKey='p''q',RowKey='a%20b')?$top=1&$filter=x%20eq%20%27y%27`;
  const response = await storageHttpClient().sendRequest(request(path));
  expect(seen.map(({ url }) => url)).toEqual([path]);
  expect(seen[0]?.headers['x-ms-date']).toBe('today');
  expect(response).toMatchObject({ status: 200, bodyAsText: 'é' });
  expect(response.headers.get('X-MS-Request-Id')).toBe('r');
  expect(response.headers.get('set-cookie')).toBe('a=1');
});

test('nothing is sent over http unless the storage setting allows it', async () => {
  const sent = storageHttpClient().sendRequest(request('/', { allowInsecureConnection: false }));
  await expect(sent).rejects.toThrow('must use https');
  expect(seen).toEqual([]);
});

test('nothing is sent after the time limit of the call', async () => {
  const sent = storageHttpClient().sendRequest(request('/', { abortSignal: AbortSignal.abort() }));
  await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
  expect(seen).toEqual([]);
});

test('a response that breaks off is a broken connection, which the SDK repeats', async () => {
  const sent = storageHttpClient().sendRequest(request('/cut'));
  await expect(sent).rejects.toMatchObject({ name: 'RestError', code: 'ECONNRESET' });
});

describe('the proxy of the environment', () => {
  let tunnels: (string | undefined)[] = [];
  const proxy = createServer().on('connect', ({ url }, socket) => {
    tunnels.push(url);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  const address = localServer(proxy);
  beforeEach(() => {
    tunnels = [];
  });
  const acme = 'https://acme.table.example/state';

  test.each(['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY', 'https_proxy', 'all_proxy', 'http_proxy'])(
    'is the one that %s names, and a tunnel that it refuses is a broken connection',
    async (name) => {
      const client = storageHttpClient({ [name]: address() });
      await expect(client.sendRequest(request('/', { url: acme }))).rejects.toMatchObject({
        name: 'RestError',
        code: 'ECONNRESET',
      });
      expect(tunnels).toEqual(['acme.table.example:443']);
    },
  );

  test('is the same for http, and the first of several', async () => {
    const nowhere = 'http://127.0.0.1:1';
    const client = storageHttpClient({
      HTTPS_PROXY: '',
      https_proxy: address(),
      ALL_PROXY: nowhere,
      HTTP_PROXY: nowhere,
    });
    await expect(client.sendRequest(request('/'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(tunnels).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  test.each(['NO_PROXY', 'no_proxy'])('is not used for the hosts of %s', async (name) => {
    const client = storageHttpClient({ ALL_PROXY: address(), [name]: 'acme.table.example,127.0.0.1' });
    expect(await client.sendRequest(request('/'))).toMatchObject({ status: 200 });
    expect(tunnels).toEqual([]);
  });
});

test('headers are found whatever the case of their name', () => {
  const headers = httpHeaders({ accept: 'a', absent: undefined });
  headers.set('Content-Length', 12);
  headers.delete('ACCEPT');
  expect(headers.has('absent')).toBe(false);
  expect(headers.has('content-length')).toBe(true);
  expect([...headers]).toEqual([['content-length', '12']]);
  expect(headers.toJSON()).toEqual({ 'content-length': '12' });
});
