import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';

import { systemClock } from '../../shared/clock.ts';
import { cachedToken, customerInsightsToken } from '../../shared/insights/access-token.ts';
import { jumpingClock } from './jumping-clock.ts';

const hourMs = 3_600_000;
const clockAt = (startMs: number) => jumpingClock(1, startMs);

describe('a token is kept', () => {
  /** Tokens `token-1`, `token-2`, … that last an hour; fails while `down`. */
  function source(refreshAfterMs?: number) {
    const clock = clockAt(0);
    const state = { asked: 0, down: false };
    const fetchToken = async () => {
      state.asked += 1;
      await Promise.resolve();
      if (state.down) throw new Error('no identity');
      const refresh = refreshAfterMs === undefined ? {} : { refreshAfterTimestamp: clock.now() + refreshAfterMs };
      return { token: `token-${state.asked}`, expiresOnTimestamp: clock.now() + hourMs, ...refresh };
    };
    return { clock, state, token: cachedToken({ fetchToken, clock }) };
  }

  test('until five minutes before it expires', async () => {
    const { clock, token } = source();
    expect(await token()).toBe('token-1');
    clock.advance(hourMs - 5 * 60_000 - 1);
    expect(await token()).toBe('token-1');
    clock.advance(1);
    expect(await token()).toBe('token-2');
    expect(await token()).toBe('token-2');
  });

  test('until its issuer wants it renewed', async () => {
    const { clock, token } = source(1000);
    expect(await token()).toBe('token-1');
    clock.advance(1000);
    expect(await token()).toBe('token-2');
  });

  test('for all who ask at the same time', async () => {
    const { token } = source();
    expect(await Promise.all([token(), token(), token()])).toEqual(['token-1', 'token-1', 'token-1']);
  });

  test('while its renewal fails, as long as it is good', async () => {
    const { clock, state, token } = source();
    await token();
    state.down = true;
    clock.advance(hourMs - 1);
    expect(await token()).toBe('token-1');
    clock.advance(1);
    await expect(token()).rejects.toThrow('no identity');
    state.down = false;
    expect(await token()).toBe('token-4');
  });

  test('and a request for it that hangs is shared for half a minute, no longer', async () => {
    const clock = clockAt(0);
    let asked = 0;
    const fetchToken = () => {
      asked += 1;
      return asked === 1
        ? new Promise<never>(() => undefined)
        : Promise.resolve({ token: 'token-2', expiresOnTimestamp: hourMs });
    };
    const token = cachedToken({ fetchToken, clock });
    void token();
    clock.advance(29_999);
    void token();
    expect(asked).toBe(1);
    clock.advance(1);
    expect(await token()).toBe('token-2');
  });

  test('but not a failure', async () => {
    const { state, token } = source();
    state.down = true;
    await expect(Promise.all([token(), token()])).rejects.toThrow('no identity');
    expect(state.asked).toBe(1);
    state.down = false;
    expect(await token()).toBe('token-2');
  });
});

describe('the identity of the app', () => {
  const requests: IncomingMessage[] = [];
  let endpoint: Server;

  beforeEach(async () => {
    requests.length = 0;
    endpoint = createServer((request, response) => {
      requests.push(request);
      response.setHeader('content-type', 'application/json');
      const expiresOn = Math.floor(Date.now() / 1000) + 24 * 3600;
      response.end(JSON.stringify({ access_token: 't0ken', expires_on: String(expiresOn), token_type: 'Bearer' }));
    }).listen(0, '127.0.0.1');
    await once(endpoint, 'listening');
    // What App Service sets for a managed identity.
    process.env['IDENTITY_ENDPOINT'] = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/msi/token`;
    process.env['IDENTITY_HEADER'] = 'header-secret';
  });

  afterEach(async () => {
    delete process.env['IDENTITY_ENDPOINT'];
    delete process.env['IDENTITY_HEADER'];
    endpoint.closeAllConnections();
    await once(endpoint.close(), 'close');
  });

  test('gives a token for the scope that is set, once for many calls', async () => {
    const scopes = ['https://api.ci.ai.microsoft.com/.default', 'https://ci.another-cloud.example/.default'];
    for (const scope of scopes) {
      const token = customerInsightsToken('default', scope, systemClock);
      expect([await token?.(), await token?.()]).toEqual(['t0ken', 't0ken']);
    }
    const asked = requests.map(({ url }) => new URL(url ?? '', 'http://endpoint').searchParams.get('resource'));
    expect(asked).toEqual(['https://api.ci.ai.microsoft.com', 'https://ci.another-cloud.example']);
    expect(requests[0]?.headers['x-identity-header']).toBe('header-secret');
  });

  test('is not asked for with credential none', () => {
    expect(customerInsightsToken('none', 'any/.default', systemClock)).toBeUndefined();
  });
});

describe('the identity library', () => {
  /**
   * The modules of it that a process has loaded after it made a token source and, with `ask`, asked
   * for a token.
   */
  async function loadedBy(credential: string, { ask = false } = {}): Promise<string[]> {
    const script = `
      import { registerHooks } from 'node:module';
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { customerInsightsToken } = await import('./shared/insights/access-token.ts');
      const token = customerInsightsToken('${credential}', 'any/.default', { now: () => 0 });
      if (${String(ask)}) await token().catch(() => undefined);
      console.log(JSON.stringify(loaded.filter((url) => url.includes('/@azure/identity/'))));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      // Of the chain only the credential that needs no network.
      env: { ...process.env, AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' },
    });
    return JSON.parse(stdout) as string[];
  }

  test('is loaded by the first token that is asked for, not before', async () => {
    expect(await loadedBy('none')).toEqual([]);
    expect(await loadedBy('default')).toEqual([]);
    expect(await loadedBy('default', { ask: true })).not.toEqual([]);
  });
});
