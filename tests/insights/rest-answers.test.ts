import { describe, expect, test } from '@jest/globals';

import { atTheEnd, failure, open } from './open-adapter.ts';
import { startScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const ok: ScriptedAnswer = { body: [{ name: 'VIP' }] };

describe('a body that does not have the expected form', () => {
  test.each([
    ['an HTML page', { headers: { 'content-type': 'text/html' }, body: '<html><body>Sign in</body></html>' }],
    ['nothing', { body: '' }],
    ['half a document', { body: '[{"name":"VIP"}' }],
    ['an object without list', { body: { message: 'later' } }],
    ['a value that is no list', { body: { value: 'VIP' } }],
    ['a string', { body: '"VIP"' }],
    ['null', { body: 'null' }],
  ])('such as %s is unavailable, and names the call', async (_what, answer) => {
    const { insights, server } = await open([answer]);
    const error = await failure(insights.segments('i'));
    expect(error).toMatchObject({ kind: 'unavailable', status: 200 });
    expect(error.message).toBe(
      'Customer Insights: GET instances/i/manage/segments: the body does not have the expected form',
    );
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ['a list', { body: [] }],
    ['an object without id', { body: { name: 'Contoso' } }],
  ])('such as %s for one instance is unavailable', async (_what, answer) => {
    const { insights } = await open([answer]);
    expect(await failure(insights.instance('i'))).toMatchObject({ kind: 'unavailable' });
  });

  test('a body without end is given up', async () => {
    const { insights, server } = await open(['flood']);
    const error = await failure(insights.segments('i'));
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect(error.message).toContain('the response is too long');
    await server.hungUp(1);
    expect(server.requests).toHaveLength(1);
  });
});

describe('an answer that says no', () => {
  test.each([
    [400, 'refused'],
    [401, 'unauthorized'],
    [403, 'unauthorized'],
    [404, 'not-found'],
    [406, 'refused'],
    [501, 'unavailable'],
    [302, 'unavailable'],
  ])('with %i is %s', async (status, kind) => {
    const { insights } = await open([{ status }]);
    const error = await failure(insights.segments('i'));
    expect(error).toMatchObject({ kind, status });
    expect(error.message).toBe(`Customer Insights: GET instances/i/manage/segments: status ${status}`);
  });

  test('is quoted by its message alone', async () => {
    const body = {
      exception: 'System.InvalidOperationException at Microsoft.Internal.Store.Read()',
      httpStatusCode: '400',
      message: 'The instance is being copied.\r\n   at Microsoft.Internal.Store.Read()',
      params: { secret: 'inner' },
    };
    const { insights } = await open([{ status: 400, body }]);
    expect((await failure(insights.segments('i'))).message).toBe(
      'Customer Insights: GET instances/i/manage/segments: status 400: The instance is being copied.',
    );
  });

  test('is quoted to 300 characters', async () => {
    const { insights } = await open([{ status: 400, body: { Message: 'x'.repeat(301) } }]);
    expect((await failure(insights.segments('i'))).message).toMatch(/status 400: x{300}$/);
  });

  test('is not quoted when it is no JSON', async () => {
    const { insights } = await open([{ status: 403, body: '<html>Forbidden</html>' }]);
    expect((await failure(insights.segments('i'))).message).toMatch(/: status 403$/);
  });

  test('is not quoted with what we sent as credentials', async () => {
    const { insights } = await open([{ status: 401, body: { message: 'Bad key k3y for Bearer t0ken' } }], {
      subscriptionKey: 'k3y',
      token: () => Promise.resolve('t0ken'),
    });
    expect((await failure(insights.segments('i'))).message).toMatch(/status 401: Bad key … for Bearer …$/);
  });
});

describe('credentials', () => {
  test('are sent as bearer token and subscription key', async () => {
    const { insights, server } = await open([ok], { subscriptionKey: 'k3y', token: () => Promise.resolve('t0ken') });
    await insights.segments('i');
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer t0ken',
      'ocp-apim-subscription-key': 'k3y',
    });
  });

  test('are not sent when there are none', async () => {
    const { insights, server } = await open([ok]);
    await insights.segments('i');
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(server.requests[0]?.headers).not.toHaveProperty('ocp-apim-subscription-key');
  });

  test('without a token nothing is sent, and the identity library is quoted on one line', async () => {
    const token = (): Promise<string> => Promise.reject(new Error('no identity\nis assigned'));
    const { insights, server } = await open([ok], { token });
    const error = await failure(insights.segments('i'));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).toMatch(/: no access token: Error: no identity is assigned$/);
    expect(server.requests).toHaveLength(0);
  });

  test('do not follow a redirect', async () => {
    const elsewhere = await startScriptedServer(ok);
    atTheEnd(elsewhere.stop);
    const { insights } = await open([{ status: 307, headers: { location: elsewhere.baseUrl } }], {
      token: () => Promise.resolve('t0ken'),
    });
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'unavailable', status: 307 });
    expect(elsewhere.requests).toHaveLength(0);
  });
});

describe('every call leaves one line in the log', () => {
  test('when it is answered', async () => {
    const { insights, lines } = await open([{ status: 500 }, ok]);
    await insights.segments('i', { historyDays: 3 });
    expect(lines).toEqual([
      {
        level: 'info',
        event: 'insights.called',
        fields: {
          call: 'GET instances/i/manage/segments',
          attempts: 2,
          durationMs: 250,
          outcome: 'answered',
          status: 200,
        },
      },
    ]);
  });

  test('when it is not', async () => {
    const { insights, lines } = await open([{ status: 404, body: { message: 'No such instance.' } }]);
    await failure(insights.segments('i'));
    expect(lines).toMatchObject([
      { level: 'warn', event: 'insights.called', fields: { attempts: 1, outcome: 'not-found', status: 404 } },
    ]);
  });
});
