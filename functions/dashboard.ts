import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import type { Registrar } from './registrar.ts';

/** Beside the folder that this file is bundled into. */
const FOLDER = path.join(import.meta.dirname, '../dashboard');

/** Nothing but what this app itself serves, no inline script or style, no frame around it, and no text ever taken for markup. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Where a maker finds flows, environments and connections. */
const HOME_OF_MAKERS = 'https://make.powerautomate.com/';

const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * The dashboard of operators: a page and its assets. Anonymous, because there is nothing in them but how to look: all data comes from
 * the operator API, which asks who is there.
 */
export function registerDashboard(
  app: Registrar,
  { authentication, createFlowUrl = HOME_OF_MAKERS }: Pick<Config, 'authentication' | 'createFlowUrl'>,
): void {
  const page = once(async () => {
    const html = await readFile(path.join(FOLDER, 'index.html'), 'utf8');
    const filled = html
      .replace('{authentication}', authentication)
      // A URL has no quotation marks in it.
      .replace('{createFlowUrl}', () => createFlowUrl.replaceAll('&', '&amp;'));
    return asset('index.html', Buffer.from(filled));
  });
  const assets = once(async () => {
    const folder = path.join(FOLDER, 'assets');
    const names = await readdir(folder);
    return new Map(
      await Promise.all(
        names.map(async (name) => [name, asset(name, await readFile(path.join(folder, name)))] as const),
      ),
    );
  });
  app.http('Dashboard-page', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'dashboard',
    handler: async (request) => {
      // The page names its assets from where it is: below a slash they would not be.
      if (new URL(request.url).pathname.endsWith('/')) return { status: 308, headers: { location: '../dashboard' } };
      return answer(request, await page(), {
        'cache-control': 'no-cache',
        'content-security-policy': CONTENT_SECURITY_POLICY,
      });
    },
  });
  app.http('Dashboard-asset', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'dashboard/assets/{name}',
    handler: async (request) => {
      const found = (await assets()).get(request.params['name'] ?? '');
      if (found === undefined) return { status: 404 };
      // Its name changes with what is in it.
      return answer(request, found, { 'cache-control': 'public, max-age=31536000, immutable' });
    },
  });
}

interface Asset {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function asset(name: string, body: Buffer): Asset {
  const type = types[path.extname(name)] ?? 'application/octet-stream';
  return { type, body, gzipped: gzipSync(body, { level: 9 }) };
}

function answer(
  { headers }: Pick<HttpRequest, 'headers'>,
  { type, body, gzipped }: Asset,
  more: Record<string, string>,
): HttpResponseInit {
  const takesGzip = /\bgzip\b/.test(headers.get('accept-encoding') ?? '');
  return {
    headers: {
      'content-type': type,
      vary: 'accept-encoding',
      ...(takesGzip && { 'content-encoding': 'gzip' }),
      ...SAFE_HEADERS,
      ...more,
    },
    body: takesGzip ? gzipped : body,
  };
}

/** Read when first asked for: an app that nobody looks at starts no slower. A failure is tried again. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => {
    reading ??= read().catch((error: unknown) => {
      reading = undefined;
      throw error;
    });
    return reading;
  };
}
