import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { httpHeaders } from '../../shared/azure/http-headers.ts';
import type { PipelineRequest } from '../../shared/azure/pipeline.ts';
import { storageHttpClient } from '../../shared/azure/storage-http-client.ts';

let seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
const server = createServer(({ url, headers }, response) => {
  seen.push({ url, headers });
  if (url === '/cut') response.writeHead(200, { 'content-length': '9' }).write('half', () => response.destroy());
  else response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'x-ms-request-id': 'r' }).end('é');
});
beforeEach(async () => {
  seen = [];
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
});

function request(path: string, options: Partial<PipelineRequest> = {}): PipelineRequest {
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
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

test('headers are found whatever the case of their name', () => {
  const headers = httpHeaders({ accept: 'a', absent: undefined });
  headers.set('Content-Length', 12);
  headers.delete('ACCEPT');
  expect(headers.has('absent')).toBe(false);
  expect(headers.has('content-length')).toBe(true);
  expect([...headers]).toEqual([['content-length', '12']]);
  expect(headers.toJSON()).toEqual({ 'content-length': '12' });
});
