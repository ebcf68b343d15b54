import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import { once } from './once.ts';
import type { Registrar } from './registrar.ts';

/** The built dashboard, in a folder beside the bundle of this file. */
const FOLDER = path.join(import.meta.dirname, '../dashboard');

/**
 * Allows only resources of this app. Forbids inline scripts and styles, frames around the page, and
 * markup built from strings.
 */
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

/** The home page of Power Automate, where makers find flows, environments and connections. */
const POWER_AUTOMATE_HOME = 'https://make.powerautomate.com/';

const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/**
 * Registers the operators' dashboard: a page and its assets. They are anonymous because they
 * contain no data. All data comes from the operator API, which authenticates the operator.
 */
export function registerDashboard(
  app: Registrar,
  { authentication, createFlowUrl = POWER_AUTOMATE_HOME }: Pick<Config, 'authentication' | 'createFlowUrl'>,
): void {
  // Files are read on the first request, so that reading does not slow down the start of the app.
  const page = once(async () => {
    const html = await readFile(path.join(FOLDER, 'index.html'), 'utf8');
    const filled = html
      .replace('{authentication}', authentication)
      // A URL contains no quotation marks, so only `&` is escaped.
      .replace('{createFlowUrl}', () => createFlowUrl.replaceAll('&', '&amp;'));
    return asset('index.html', Buffer.from(filled));
  });
  const assets = once(async () => {
    const folder = path.join(FOLDER, 'assets');
    const names = await readdir(folder);
    return new Map(
      await Promise.all(
        names.map(async (name) => [name, await asset(name, await readFile(path.join(folder, name)))] as const),
      ),
    );
  });
  app.http('Dashboard-page', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'dashboard',
    handler: async (request) => {
      // The page has relative links to its assets, and a slash at the end of its path would break
      // them.
      if (new URL(request.url).pathname.endsWith('/')) return { status: 308, headers: { location: '../dashboard' } };
      return assetResponse(request, await page(), {
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
      // The name of an asset contains a hash of its content.
      return assetResponse(request, found, { 'cache-control': 'public, max-age=31536000, immutable' });
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

async function asset(name: string, body: Buffer): Promise<Asset> {
  const type = types[path.extname(name)] ?? 'application/octet-stream';
  // Imported on first use, because loading it takes a tenth of the app's start-up time.
  const { gzipSync } = await import('node:zlib');
  return { type, body, gzipped: gzipSync(body, { level: 9 }) };
}

function assetResponse(
  { headers }: Pick<HttpRequest, 'headers'>,
  { type, body, gzipped }: Asset,
  extraHeaders: Record<string, string>,
): HttpResponseInit {
  const takesGzip = /\bgzip\b/.test(headers.get('accept-encoding') ?? '');
  return {
    headers: {
      'content-type': type,
      vary: 'accept-encoding',
      ...(takesGzip && { 'content-encoding': 'gzip' }),
      ...SAFE_HEADERS,
      ...extraHeaders,
    },
    body: takesGzip ? gzipped : body,
  };
}
