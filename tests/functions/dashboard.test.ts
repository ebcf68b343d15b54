import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, type StartedBackend } from './start-backend.ts';

/** Nothing that is loaded here waits for a slow line for long. */
const MOST_GZIPPED_BYTES = 68_000;

let backend: StartedBackend;
beforeAll(async () => {
  backend = await startBackend({
    settings: { OPERATOR_KEYS: 'anna:0perator-of-these-tests' },
    enableAuth: true,
    hostKeys: { default: 'k3y' },
  });
});

const load = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${backend.url}/api/${path}`, { headers: { 'accept-encoding': 'identity', ...headers }, redirect: 'manual' });

/** What the page loads, relative to where it is. */
async function assetsOf(): Promise<string[]> {
  const html = await (await load('dashboard')).text();
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
}

describe('the page', () => {
  test('is open to everybody, is asked for anew each time, and may load and call nothing but this app', async () => {
    const answer = await load('dashboard');
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = new Map(
      (answer.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
        const [name = '', ...sources] = directive.split(' ');
        return [name, sources.join(' ')];
      }),
    );
    expect(policy.get('default-src')).toBe("'none'");
    for (const name of ['script-src', 'style-src', 'connect-src', 'img-src']) expect(policy.get(name)).toBe("'self'");
    for (const name of ['frame-ancestors', 'base-uri', 'form-action']) expect(policy.get(name)).toBe("'none'");
  });

  test('has no inline script or style, and says how one is known here', async () => {
    const html = await (await load('dashboard')).text();
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/);
    expect(html).toContain('<meta name="authentication" content="key" />');
    const entra = await startBackend({ settings: { AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'True' } });
    const other = await (await fetch(`${entra.url}/api/dashboard`)).text();
    expect(other).toContain('<meta name="authentication" content="entra" />');
  });

  test('says where a flow is made: at the address that is set, else at the home page of makers', async () => {
    expect(await (await load('dashboard')).text()).toContain(
      '<meta name="create-flow-url" content="https://make.powerautomate.com/" />',
    );
    const elsewhere = 'https://make.powerautomate.com/environments/e/flows/new?a="$&\'&b=1';
    const { url } = await startBackend({ settings: { CREATE_FLOW_URL: elsewhere } });
    expect(await (await fetch(`${url}/api/dashboard`)).text()).toContain(
      '<meta name="create-flow-url" content="https://make.powerautomate.com/environments/e/flows/new?a=%22$&amp;%27&amp;b=1" />',
    );
  });

  test('leads from behind a slash to where its assets are', async () => {
    const answer = await load('dashboard/');
    expect([answer.status, answer.headers.get('location')]).toEqual([308, '../dashboard']);
  });
});

describe('its assets', () => {
  test('are named by what is in them, may be kept for ever, and come compressed to who takes that', async () => {
    const assets = await assetsOf();
    expect(assets.map((path) => path.replace(/-[A-Z0-9]{8}\./, '.'))).toEqual([
      'dashboard/assets/icon.svg',
      'dashboard/assets/style.css',
      'dashboard/assets/app.js',
    ]);
    const types = ['image/svg+xml', 'text/css; charset=utf-8', 'text/javascript; charset=utf-8'];
    for (const [index, path] of assets.entries()) {
      const plain = await load(path);
      expect(plain.status).toBe(200);
      expect(Object.fromEntries(plain.headers)).toMatchObject({
        'content-type': types[index],
        'cache-control': 'public, max-age=31536000, immutable',
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
      });
      expect(plain.headers.get('content-encoding')).toBeNull();
      const gzipped = await load(path, { 'accept-encoding': 'br, gzip' });
      expect(gzipped.headers.get('content-encoding')).toBe('gzip');
      // fetch has undone the compression.
      expect(await gzipped.text()).toBe(await plain.text());
    }
  });

  test('are small', async () => {
    const texts = await Promise.all((await assetsOf()).map(async (path) => (await load(path)).text()));
    const bytes = texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
    expect(bytes).toBeLessThan(MOST_GZIPPED_BYTES);
  });

  test.each(['x', 'index.html', '..%2Findex.html', '%2E%2E%2F%2E%2E%2Ffunctions%2Findex.js', 'constructor'])(
    'are no other files: %s',
    async (name) => {
      expect((await load(`dashboard/assets/${name}`)).status).toBe(404);
    },
  );

  test('hold nothing of the backend but words', async () => {
    const [, , script = ''] = await assetsOf();
    const text = await (await load(script)).text();
    expect(text).not.toMatch(/typebox|TypeBox|additionalProperties|node:/);
  });
});
