import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { CallPermits } from '../../shared/insights/call-permits.ts';
import { atTheEnd, failure, open, openAdapter, timeoutMs } from './open-adapter.ts';
import { startScriptedServer, type ScriptedAnswer } from './scripted-server.ts';

const ok: ScriptedAnswer = { body: [{ name: 'VIP' }] };

describe('what may pass is tried again', () => {
  test.each([429, 500, 502, 503, 504])('a %i is tried twice more, with a back-off that doubles', async (status) => {
    const { insights, server, clock } = await open([{ status }, { status }, ok]);
    expect(await insights.segments('i')).toHaveLength(1);
    expect(server.requests).toHaveLength(3);
    expect(clock.naps).toEqual([250, 500]);
  });

  test('the third failure is the last', async () => {
    const { insights, server } = await open([{ status: 503 }]);
    expect(await failure(insights.segments('i'))).toMatchObject({
      kind: 'unavailable',
      status: 503,
      call: 'GET instances/i/manage/segments',
    });
    expect(server.requests).toHaveLength(3);
  });

  test('a connection that is reset is tried again', async () => {
    const { insights, server } = await open(['reset', ok]);
    expect(await insights.segments('i')).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
  });

  test('half of the back-off is jitter', async () => {
    const random = { fraction: () => 0.5, token: () => '' };
    const { insights, clock } = await open([{ status: 500 }, ok], { random });
    await insights.segments('i');
    expect(clock.naps).toEqual([375]);
  });

  test.each([301, 400, 401, 403, 404, 409, 501])('a %i is not', async (status) => {
    const { insights, server } = await open([{ status, headers: { location: '/v1/elsewhere' } }, ok]);
    await failure(insights.segments('i'));
    expect(server.requests).toHaveLength(1);
  });

  test('nobody listening is unavailable, after three tries', async () => {
    const server = await startScriptedServer(ok);
    await server.stop();
    const { insights, clock } = openAdapter(server.baseUrl);
    atTheEnd(insights.close);
    const error = await failure(insights.segments('i'));
    expect(error).toMatchObject({ kind: 'unavailable', status: undefined });
    expect(error.message).toContain('ECONNREFUSED');
    expect(clock.naps).toHaveLength(2);
  });

  test('an answer that is not HTTP is unavailable', async () => {
    const server = createServer((socket) => socket.resume().end('220 mail.example\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { insights } = openAdapter(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    atTheEnd(async () => {
      await once(server.close(), 'close');
    }, insights.close);
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'unavailable' });
  });
});

describe('Retry-After', () => {
  const throttled = (retryAfter: string): ScriptedAnswer => ({ status: 429, headers: { 'retry-after': retryAfter } });

  test('is waited for when it is short, in seconds', async () => {
    const { insights, clock } = await open([throttled('3'), ok]);
    await insights.segments('i');
    expect(clock.naps).toEqual([3000]);
  });

  test('is waited for when it is short, as a date', async () => {
    const { insights, clock } = await open([throttled('Mon, 23 Nov 2026 10:00:04 GMT'), ok]);
    await insights.segments('i');
    expect(clock.naps).toEqual([4000]);
  });

  test('never shortens the back-off', async () => {
    const { insights, clock } = await open([throttled('0'), ok]);
    await insights.segments('i');
    expect(clock.naps).toEqual([250]);
  });

  test('of more than five seconds is reported to the caller at once', async () => {
    const { insights, server, clock } = await open([throttled('6'), ok]);
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'throttled', status: 429, retryAfterMs: 6000 });
    expect(server.requests).toHaveLength(1);
    expect(clock.naps).toEqual([]);
  });

  test('that adds up to more than five seconds ends the call', async () => {
    const { insights, server, clock } = await open([throttled('3'), throttled('3'), ok]);
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'throttled', retryAfterMs: 3000 });
    expect(server.requests).toHaveLength(2);
    expect(clock.naps).toEqual([3000]);
  });

  test('of a 503 is reported too', async () => {
    const { insights } = await open([{ status: 503, headers: { 'retry-after': '120' } }]);
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'unavailable', retryAfterMs: 120_000 });
  });

  test('that is neither form is as good as none', async () => {
    const { insights, server } = await open([throttled('soon'), throttled('-5'), throttled('1e9')]);
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'throttled', retryAfterMs: undefined });
    expect(server.requests).toHaveLength(3);
  });
});

describe('the deadline', () => {
  test('ends an attempt that gets no answer, and each attempt has its own', async () => {
    const { insights, server, clock } = await open(['silence', 'silence', ok]);
    const reading = insights.segments('i');
    await server.seen(1);
    clock.advance(timeoutMs);
    await server.hungUp(1);
    await server.seen(2);
    clock.advance(timeoutMs);
    expect(await reading).toHaveLength(1);
    expect(server.requests).toHaveLength(3);
  });

  test('does not come a millisecond early', async () => {
    const { insights, server, clock } = await open(['silence', ok]);
    const reading = insights.segments('i');
    await server.seen(1);
    clock.advance(timeoutMs - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.naps).toEqual([]);
    clock.advance(1);
    await reading;
    expect(clock.naps).toEqual([250]);
  });

  test('covers the body', async () => {
    const { insights, server, clock } = await open(['half', 'half', 'half']);
    const reading = failure(insights.segments('i'));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await headReceived();
      clock.advance(timeoutMs);
      await server.hungUp(attempt);
    }
    const error = await reading;
    expect(error).toMatchObject({ kind: 'unavailable', status: undefined });
    expect(error.message).toBe(
      'Customer Insights: GET instances/i/manage/segments: no complete response within 10000 ms',
    );
  });

  test('covers getting the token', async () => {
    const asked: (() => void)[] = [];
    const token = (): Promise<string> => new Promise(() => asked.shift()?.());
    const { insights, server, clock } = await open([ok], { token });
    const reading = failure(insights.segments('i'));
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await new Promise<void>((resolve) => asked.push(resolve));
      clock.advance(timeoutMs);
    }
    expect(await reading).toMatchObject({ kind: 'unavailable' });
    expect(server.requests).toHaveLength(0);
  });
});

/** Resolves when the client has the head of its next answer. */
function headReceived(): Promise<void> {
  const channel = 'undici:request:headers';
  return new Promise((resolve) => {
    const listener = (): void => {
      unsubscribe(channel, listener);
      resolve();
    };
    subscribe(channel, listener);
  });
}

test('calls one after the other share their connections', async () => {
  const { insights, server } = await open([ok]);
  for (let call = 0; call < 10; call += 1) await insights.segments('i');
  expect(server.requests).toHaveLength(10);
  // The client may take a second one while it is still putting the first one back.
  expect(server.connections()).toBeLessThanOrEqual(2);
});

describe('permits for calls', () => {
  /** Gives `count` permits, and notes who asked. */
  function permitsFor(count: number): { permits: CallPermits; asked: (string | undefined)[] } {
    const asked: (string | undefined)[] = [];
    const take: CallPermits['take'] = (instanceId) => {
      asked.push(instanceId);
      return Promise.resolve(asked.length <= count ? { kind: 'admitted' } : { kind: 'refused', retryAfterMs: 41_000 });
    };
    return { permits: { take }, asked };
  }

  test('are taken for every request, a repeated one too', async () => {
    const { permits, asked } = permitsFor(10);
    const { insights, server } = await open([{ status: 503 }, { status: 503 }, ok, { body: [] }], { permits });
    await insights.segments('i');
    await insights.instances();
    expect(server.requests).toHaveLength(4);
    expect(asked).toEqual(['i', 'i', 'i', undefined]);
  });

  test('that there are none of: nothing is sent, and the caller receives the time to wait', async () => {
    const { insights, server } = await open([ok], permitsFor(0));
    const error = await failure(insights.segments('i'));
    expect(error).toMatchObject({ kind: 'limited', retryAfterMs: 41_000, call: 'GET instances/i/manage/segments' });
    expect(server.requests).toHaveLength(0);
  });

  test('that there are none of for a further try: the failure stands', async () => {
    const { insights, server } = await open([{ status: 503 }, ok], permitsFor(1));
    expect(await failure(insights.segments('i'))).toMatchObject({ kind: 'unavailable', status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  test('that nobody knows of: what went wrong is passed on', async () => {
    const permits = { take: () => Promise.reject(new Error('storage is down')) };
    const { insights, server } = await open([ok], { permits });
    expect(await failure(insights.segments('i'))).toMatchObject({ message: 'storage is down' });
    expect(server.requests).toHaveLength(0);
  });
});
