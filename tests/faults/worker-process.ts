import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Worker, WorkerOptions } from './worker.ts';
import type { NumberedOrder, Order, Reply } from './worker-main.ts';

/**
 * A worker in a process of its own. It is killed (SIGKILL) at the signal; whatever it is asked then
 * rejects.
 */
export function startWorkerProcess(options: WorkerOptions, killed: AbortSignal): Worker {
  const child = fork(path.resolve('tests/faults/worker-main.ts'), [JSON.stringify(options)], { execArgv: [] });
  const exited = once(child, 'exit');
  const kill = (): void => void child.kill('SIGKILL');
  killed.addEventListener('abort', kill);
  const died = exited.then(() => Promise.reject(new Error('the worker has died')));
  died.catch(() => undefined);
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  child.on('message', ({ number, error }: Reply) => {
    if (error === undefined) waiting.get(number)?.resolve();
    else waiting.get(number)?.reject(new Error(error));
    waiting.delete(number);
  });
  let orders = 0;
  const ask = (order: Order): Promise<void> => {
    orders += 1;
    const number = orders;
    const answer = new Promise<void>((resolve, reject) => waiting.set(number, { resolve, reject }));
    if (child.connected) child.send({ ...order, number } satisfies NumberedOrder, () => undefined);
    return Promise.race([answer, died]);
  };
  return {
    schedulePolls: () => ask({ what: 'schedulePolls' }),
    reconcile: () => ask({ what: 'reconcile' }),
    handle: (queue, message) => ask({ what: 'handle', queue, message }),
    advance: (ms) => ask({ what: 'advance', ms }),
    died,
    async close() {
      kill();
      await exited;
    },
  };
}
