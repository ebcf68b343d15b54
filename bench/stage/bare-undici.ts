import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { CapturedRequest } from './sink.ts';

/** Repeats the backend's POSTs with bare undici in a separate process. */
export interface BareUndici {
  readonly pid: number;
  /**
   * Sends all requests at once. Resolves with the time of the first request when all responses have
   * arrived.
   */
  post(origin: string, requests: readonly CapturedRequest[]): Promise<number>;
  stop(): Promise<void>;
}

export function startBareUndici(): BareUndici {
  const child = fork(path.resolve('bench/stage/bare-undici-process.ts'), { serialization: 'advanced' });
  const exited = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async post(origin, requests) {
      const answered = once(child, 'message');
      child.send({ origin, requests });
      const [{ startedAtMs }] = (await answered) as [{ startedAtMs: number }];
      return startedAtMs;
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
