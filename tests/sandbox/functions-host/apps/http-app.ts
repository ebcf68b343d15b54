import { app } from '@azure/functions';
import type { HttpHandler, HttpMethod, HttpRequest } from '@azure/functions';
import { passGate } from './pass-gate.ts';

/** Functions that show what the host made of a request, and answers of every shape. */

const show =
  (name: string): HttpHandler =>
  async (request) => ({ jsonBody: await seen(name, request) });

async function seen(name: string, request: HttpRequest) {
  return {
    function: name,
    method: request.method,
    url: request.url,
    params: request.params,
    query: [...request.query],
    headers: Object.fromEntries(request.headers),
    body: Buffer.from(await request.arrayBuffer()).toString('latin1'),
  };
}

function route(name: string, template: string, methods: HttpMethod[] = ['GET']): void {
  app.http(name, { route: template, methods, handler: show(name) });
}

route('itemSpecial', 'items/special');
route('itemById', 'items/{id}');
route('bThingById', 'things/{id}');
route('aThingSpecial', 'things/special');
route('zWidgetById', 'widgets/{id}');
route('yWidgetSpecial', 'widgets/special', ['POST']);
route('optional', 'optional/{MyId?}');
route('rest', 'files/{*rest}');
route('onlyHead', 'head', ['HEAD']);
route('keyed', 'keyed/{id}', ['GET']);
route('echo', 'echo', ['GET', 'POST', 'PUT', 'DELETE']);
app.http('nameIsTheRoute', { handler: show('nameIsTheRoute') });

app.http('asksForKey', { route: 'secured', methods: ['GET'], authLevel: 'function', handler: show('asksForKey') });
app.http('asksForMaster', { route: 'master', methods: ['GET'], authLevel: 'admin', handler: show('asksForMaster') });
app.http('switchedOff', { route: 'off', methods: ['GET'], handler: show('switchedOff') });

app.http('readsJson', {
  route: 'json',
  methods: ['POST'],
  handler: async (request) => ({ jsonBody: await request.json() }),
});

const answers: Record<string, () => unknown> = {
  nothing: () => undefined,
  empty: () => ({}),
  text: () => 'just text',
  teapot: () => {
    throw Object.assign(new Error('no tea'), { status: 418 });
  },
  json: () => ({ status: 201, jsonBody: { a: 1 }, headers: { location: '/somewhere', 'x-Custom': 'b' } }),
  problem: () => ({ status: 422, jsonBody: {}, headers: { 'content-type': 'application/problem+json' } }),
  'null-json': () => ({ jsonBody: null }),
  string: () => ({ body: 'hello' }),
  'empty-string': () => ({ body: '' }),
  'no-content': () => ({ status: 204, body: '' }),
  'content-length': () => ({ body: 'hello', headers: { 'content-length': '5' } }),
  'latin-1': () => ({ headers: { 'x-name': 'é' } }),
  polish: () => ({ headers: { 'x-name': 'ł' } }),
  cookie: () => ({ cookies: [{ name: 'a', value: 'b' }] }),
};
app.http('answers', {
  route: 'answers/{kind}',
  methods: ['GET'],
  handler: (request) => answers[request.params['kind'] ?? '']?.() as object,
});

app.http('waits', {
  route: 'gates/{gate}',
  methods: ['GET'],
  handler: async (request, context) => {
    context.log(`waiting at ${request.params['gate'] ?? ''}`);
    await passGate(request.params['gate'] ?? '');
    return { body: 'through' };
  },
});
