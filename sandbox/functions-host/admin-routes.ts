import { sameName } from './core-module.ts';
import type { HostResponse } from './http-response.ts';
import type { HostFunction, QueueFunction, TimerFunction } from './index-functions.ts';
import type { AccessLevel, HostKeys } from './keys.ts';

export type RunManually = (called: TimerFunction | QueueFunction, input: string) => void;

/** The parts of a request that an admin route needs. */
export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly level: AccessLevel;
  readonly contentType: string | undefined;
  readonly readBody: () => Promise<Buffer>;
}

interface AdminDependencies {
  readonly functions: readonly HostFunction[];
  readonly keys: HostKeys | undefined;
  readonly uptimeMs: () => number;
  /** Starts a function without waiting for it. */
  readonly runManually: RunManually;
}

/**
 * Responds to the routes of the host that operators use: ping, status, functions and their status,
 * keys, and `POST admin/functions/{name}`, which runs a function now. `undefined` for any other
 * path. Like the real host, it accepts a manual run of an HTTP function and does not run it.
 */
export async function handleAdminRequest(
  dependencies: AdminDependencies,
  request: AdminRequest,
): Promise<HostResponse | undefined> {
  const { functions, keys, uptimeMs } = dependencies;
  const path = request.path.replace(/\/$/, '').toLowerCase();
  if (path.startsWith('/runtime/webhooks/')) return { status: 401 };
  const call = `${request.method} ${path}`;
  if (/^(GET|POST) \/admin\/host\/ping$/.test(call))
    return { status: 200, headers: { 'cache-control': 'no-store, no-cache' } };
  const isRead = /^GET \/admin\/(host\/(status|keys)|functions|functions\/[^/]+\/status)$/.test(call);
  const name = /^(?:GET|POST) \/admin\/functions\/([^/]+)(?:\/status)?$/.exec(call)?.[1];
  const isRun = /^POST \/admin\/functions\/[^/]+$/.test(call);
  if (!isRead && !isRun) return undefined;
  if (request.level === 'anonymous') return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  if (request.level !== 'admin') return { status: 403 };
  const called = functions.find((fn) => sameName(fn.name, name ?? ''));
  if (isRun) return runManually(dependencies, request, called);
  if (name !== undefined) return called ? json({}) : { status: 404 };
  if (path === '/admin/functions') return json(functions.map(describeFunction));
  if (path === '/admin/host/keys') return json({ keys: keysOf(keys), links: [] });
  return json({ id: 'local', state: 'Running', version: '4.1037.0.0', processUptime: uptimeMs() });
}

async function runManually(
  { runManually: run }: AdminDependencies,
  { contentType, readBody }: AdminRequest,
  called: HostFunction | undefined,
): Promise<HostResponse> {
  if (!/^application\/json\b/i.test(contentType ?? '')) return { status: 415 };
  const input = readInput((await readBody()).toString('utf8'));
  if (input === undefined) return { status: 400 };
  if (!called) return { status: 404 };
  if (called.kind !== 'http') run(called, input);
  return { status: 202 };
}

function describeFunction({ name, kind, disabled, registered }: HostFunction): object {
  const bindings = Object.entries(registered.metadata.bindings).map(([binding, rest]) => ({ name: binding, ...rest }));
  return { name, language: 'node', isDisabled: disabled, config: { name, bindings }, kind };
}

/** The keys of functions, without the master key. */
function keysOf(keys: HostKeys | undefined): object[] {
  return [...(keys ?? [])].filter(([name]) => name !== '_master').map(([name, value]) => ({ name, value }));
}

/**
 * The `input` of a body as text. `undefined` when the body does not have the form
 * `{"input"?: "…"}`.
 */
function readInput(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const input = (parsed as { input?: unknown }).input ?? '';
    return ['string', 'number', 'boolean'].includes(typeof input) ? `${input as string | number | boolean}` : undefined;
  } catch {
    return undefined;
  }
}

function json(value: object): HostResponse {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}
