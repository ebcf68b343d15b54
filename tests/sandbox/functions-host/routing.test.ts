import { beforeAll, expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { startApp } from './start-app.ts';
import type { StartedApp } from './start-app.ts';

interface Seen {
  function: string;
  url: string;
  params: Record<string, string>;
  query: [string, string][];
}

let host: StartedApp;
beforeAll(async () => {
  host = await startApp('http-app');
});

const get = (path: string, method = 'GET') => sendRequest(host.url, path, { method });
const seen = async (path: string, method = 'GET') => JSON.parse((await get(path, method)).body) as Seen;

test('routes are tried in the order of function names, whatever the order of registration', async () => {
  expect(await seen('/api/items/special')).toMatchObject({ function: 'itemById', params: { id: 'special' } });
  expect(await seen('/api/things/special')).toMatchObject({ function: 'aThingSpecial', params: {} });
  expect(await seen('/api/things/other')).toMatchObject({ function: 'bThingById', params: { id: 'other' } });
});

test('the method is part of the match', async () => {
  expect(await seen('/api/widgets/special')).toMatchObject({ function: 'zWidgetById', params: { id: 'special' } });
  expect(await seen('/api/widgets/special', 'POST')).toMatchObject({ function: 'yWidgetSpecial' });
});

test('a function without route and methods answers GET and POST at its name', async () => {
  expect(await seen('/api/nameIsTheRoute')).toMatchObject({ function: 'nameIsTheRoute' });
  expect(await seen('/api/nameIsTheRoute', 'POST')).toMatchObject({ function: 'nameIsTheRoute' });
});

test.each([
  ['DELETE', '/api/items/1'],
  ['HEAD', '/api/items/1'],
  ['OPTIONS', '/api/items/1'],
  ['GET', '/api/unknown'],
  ['GET', '/api'],
  ['GET', '/api/'],
  ['GET', '/api/items//1'],
  ['GET', '/api/items/1//'],
  ['GET', '/api/files/a//b'],
  ['GET', '/api/echo/..'],
  ['GET', '/api/items'],
  ['GET', '/items/1'],
])('%s %s is a 404 with an empty body', async (method, path) => {
  const answer = await get(path, method);
  expect(answer).toMatchObject({ status: 404, body: '' });
  expect(answer.headers['content-length']).toBe(method === 'HEAD' ? undefined : '0');
  expect(answer.headers['allow']).toBeUndefined();
});

test('a HEAD function is found by HEAD', async () => {
  expect(await get('/api/head', 'HEAD')).toMatchObject({ status: 200, body: '' });
});

test('literals are matched without regard to case, values keep theirs, and a trailing slash is accepted', async () => {
  expect(await seen('/API/ITEMS/AbC')).toMatchObject({ params: { id: 'AbC' } });
  expect(await seen('/api/items/1/')).toMatchObject({ params: { id: '1' } });
  expect(await seen('/api/optional/x')).toMatchObject({ params: { MyId: 'x' } });
});

test.each([
  ['a%2Fb', 'a%2Fb'],
  ['a%252Fb', 'a%2Fb'],
  ['a%20b', 'a b'],
  ['a+b', 'a+b'],
  ['%C5%BC%C3%B3', 'żó'],
  ['a%3Fb%23c', 'a?b#c'],
])('the path parameter %s arrives as %s', async (sent, received) => {
  expect(await seen(`/api/items/${sent}`)).toMatchObject({ params: { id: received } });
});

test('the URL keeps the escapes of the path, except that an escaped percent sign is one', async () => {
  const { host: authority } = new URL(host.url);
  const url = async (path: string) => (await seen(path)).url.replace(`http://${authority}`, '');
  expect(await url('/api/items/a%2Fb%20%C5%BC?x=%2B')).toBe('/api/items/a%2Fb%20%C5%BC?x=%2B');
  expect(await url('/api/items/a%252Fb')).toBe('/api/items/a%2Fb');
});

test('an optional parameter and a rest that were not given are absent', async () => {
  expect((await seen('/api/optional')).params).toEqual({});
  expect((await seen('/api/files/')).params).toEqual({});
  expect((await seen('/api/files')).params).toEqual({});
});

test('a rest takes all segments that are left', async () => {
  expect((await seen('/api/files/a/b/c.txt')).params).toEqual({ rest: 'a/b/c.txt' });
  expect((await seen('/api/files/a%2Fb/c%20d')).params).toEqual({ rest: 'a%2Fb/c d' });
});

test('repeated query parameters are folded into one', async () => {
  expect((await seen('/api/echo?a=1&a=2')).query).toEqual([['a', '1,2']]);
  expect((await seen('/api/echo?C=x&c=y')).query).toEqual([['c', 'x,y']]);
});

test('empty query values are kept, plus signs are blanks, and the URL has the query as it was sent', async () => {
  const { query, url } = await seen('/api/echo?empty=&novalue&s=a+b%2Bc&code=k');
  expect(query).toEqual([
    ['empty', ''],
    ['novalue', ''],
    ['s', 'a b+c'],
    ['code', 'k'],
  ]);
  expect(url).toMatch(/\?empty=&novalue&s=a\+b%2Bc&code=k$/);
});

test('the URL names the host of the Host header and ignores forwarding headers', async () => {
  const headers = { host: 'example.com:8080', 'x-forwarded-host': 'other.example', 'x-forwarded-proto': 'https' };
  const { body } = await sendRequest(host.url, '/api/echo', { headers });
  expect((JSON.parse(body) as Seen).url).toBe('http://example.com:8080/api/echo');
});

test('the root answers with a page that says the app is up', async () => {
  expect(await get('/')).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } });
});

test('an empty route prefix puts routes at the root, where the host keeps its own', async () => {
  const rooted = await startApp('http-app', { hostJson: { extensions: { http: { routePrefix: '' } } } });
  expect((await sendRequest(rooted.url, '/items/1')).status).toBe(200);
  expect((await sendRequest(rooted.url, '/admin/host/ping')).body).toBe('');
});
