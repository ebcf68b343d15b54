import { startCustomerInsightsSandbox } from '../../../sandbox/customer-insights/customer-insights-sandbox.ts';
import type {
  CustomerInsightsSandbox,
  CustomerInsightsSandboxOptions,
} from '../../../sandbox/customer-insights/customer-insights-sandbox.ts';
import { contosoInstanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Clock } from '../../../shared/clock.ts';

/** When the tests' clocks start: Monday 23 November 2026, 10:00 UTC. */
export const startMs = Date.UTC(2026, 10, 23, 10);

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

export interface HandClock extends Clock {
  advance(ms: number): void;
  /** Resolves once somebody sleeps. */
  slept(): Promise<void>;
}

/** A clock that only a test moves. */
export function handClock(): HandClock {
  let nowMs = startMs;
  const sleepers: { untilMs: number; wake: () => void }[] = [];
  const { promise: slept, resolve: noteSleep } = Promise.withResolvers<undefined>();
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.push({ untilMs: nowMs + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        noteSleep(undefined);
      }),
    slept: () => slept,
    advance: (ms) => {
      nowMs += ms;
      for (const { untilMs, wake } of sleepers) if (untilMs <= nowMs) wake();
    },
  };
}

export interface OpenSandbox extends CustomerInsightsSandbox {
  readonly clock: HandClock;
  /** GETs a path below Contoso and parses the answer. */
  get(path: string): Promise<Answered>;
  /** Calls a path below Contoso with a JSON body. */
  send(method: string, path: string, body?: unknown): Promise<Answered>;
}

/** An answer as it came; `body` is the parsed JSON, or `undefined` for none. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A sandbox on a free port whose time stands still. The caller stops it. */
export async function openSandbox(options: Omit<CustomerInsightsSandboxOptions, 'clock'> = {}): Promise<OpenSandbox> {
  const clock = handClock();
  const sandbox = await startCustomerInsightsSandbox({ ...options, clock });
  const send = (method: string, path: string, body?: unknown): Promise<Answered> =>
    call(`${sandbox.url}/instances/${contosoInstanceId}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { ...sandbox, clock, send, get: (path) => send('GET', path) };
}

/** One HTTP call. */
export async function call(url: string, init: RequestInit = {}): Promise<Answered> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}
