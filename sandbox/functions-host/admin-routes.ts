import { sameName } from './core-module.ts';
import type { HttpAnswer } from './http-answer.ts';
import type { HostFunction, QueueFunction, TimerFunction } from './index-functions.ts';
import type { AccessLevel } from './keys.ts';

export type RunByHand = (called: TimerFunction | QueueFunction, input: string) => void;

/** What an admin route needs to know of a request. */
export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly level: AccessLevel;
  readonly contentType: string | undefined;
  readonly readBody: () => Promise<Buffer>;
}

interface AdminDependencies {
  readonly functions: readonly HostFunction[];
  readonly uptimeMs: () => number;
  /** Starts a function without waiting for it. */
  readonly runByHand: RunByHand;
}

/**
 * Answers the routes of the host itself: ping and status, and `POST admin/functions/{name}`, which runs a timer or a
 * queue function now. Undefined when the path is none of them. An HTTP function cannot be run by hand: call it.
 */
export async function answerAdmin(
  { functions, uptimeMs, runByHand }: AdminDependencies,
  request: AdminRequest,
): Promise<HttpAnswer | undefined> {
  const call = `${request.method} ${request.path.replace(/\/$/, '').toLowerCase()}`;
  if (/^(GET|POST) \/admin\/host\/ping$/.test(call))
    return { status: 200, headers: { 'cache-control': 'no-store, no-cache' } };
  const status = call === 'GET /admin/host/status';
  const name = /^POST \/admin\/functions\/([^/]+)$/.exec(call)?.[1];
  if (!status && name === undefined) return undefined;
  if (request.level === 'anonymous') return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
  if (request.level !== 'admin') return { status: 403 };
  if (status) return json({ id: 'local', state: 'Running', version: '4.1037.0.0', processUptime: uptimeMs() });

  if (!/^application\/json\b/i.test(request.contentType ?? '')) return { status: 415 };
  const input = readInput((await request.readBody()).toString('utf8'));
  if (input === undefined) return { status: 400 };
  const called = functions.find((one) => sameName(one.name, name ?? ''));
  if (!called || called.kind === 'http') return { status: 404 };
  runByHand(called, input);
  return { status: 202 };
}

/** The `input` of a body; undefined when the body is not of the form `{"input"?: "…"}`. */
function readInput(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const input = (parsed as { input?: unknown }).input ?? '';
    return typeof input === 'string' ? input : undefined;
  } catch {
    return undefined;
  }
}

function json(value: object): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}
