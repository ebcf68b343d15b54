import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';
import { summarizeError } from './host-log.ts';
import type { HostLog } from './host-log.ts';
import { HostStartError } from './host-settings.ts';
import type { HostSettings } from './host-settings.ts';
import { createHostServer } from './http-server.ts';
import { indexFunctions } from './index-functions.ts';
import type { HostFunction } from './index-functions.ts';
import { createInvoke } from './invocation.ts';
import type { HostKeys } from './keys.ts';
import { loadApp, terminateApp } from './load-app.ts';
import { listenToQueue } from './queue-listener.ts';
import { manualMetadata, messageMetadata } from './queue-message.ts';
import { createTimerListener } from './timer-listener.ts';
import type { TimerListener } from './timer-listener.ts';
import { createTimerLock, noTimerLock } from './timer-lock.ts';
import type { TimerLock } from './timer-lock.ts';
import { openTriggerQueue } from './trigger-queue.ts';
import { createWorkInHand } from './work-in-hand.ts';

/** How long the real host waits for its worker to end. */
const TERMINATE_MS = 5000;
/** How long the real host's lock on a timer stays after the host has died. */
const TIMER_LEASE_MS = 60_000;

interface HostOptions {
  /** The folder of the app's package.json and host.json. */
  readonly appDirectory: string;
  readonly settings: HostSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** 0 is any free port. */
  readonly port: number;
  /** When `undefined`, keys are not enforced. */
  readonly keys: HostKeys | undefined;
  /** How long a received queue message is invisible to other receivers, unless renewed. */
  readonly leaseMs: number;
  /** How long running work may take after the host is stopped. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: HostLog;
}

export interface RunningHost {
  readonly port: number;
  /**
   * Stops listening and polling immediately, lets running work finish within the grace period, and
   * runs the appTerminate hooks. Messages of unfinished work stay invisible until their lease ends.
   * The caller then ends the process.
   */
  stop(): Promise<void>;
}

/**
 * Loads the app and runs its HTTP, timer and queue functions. Only one host per process, because
 * the app reads the environment and the library supports only one host. Rejects with
 * `HostStartError` when the host cannot start.
 *
 * The behaviour is that observed with the real host, as far as the app of this project needs it.
 * Not implemented: other triggers, input and output bindings, retry policies, HTTP streaming, CORS,
 * cookies, keys of single functions, drain mode, timer status in storage, and the separate worker
 * process that the real host restarts after a crash.
 */
export async function runFunctionsHost(options: HostOptions): Promise<RunningHost> {
  const { appDirectory, settings, environment, keys, leaseMs, graceMs, clock, random, log } = options;
  const startedMs = clock.now();
  const stopping = new AbortController();
  const work = createWorkInHand();
  const app = await loadApp({ appDirectory, log });
  const registered = app.functions;
  const functions = indexFunctions({ registered, routePrefix: settings.routePrefix, environment, log });
  const timeoutMs = settings.functionTimeoutMs;
  const invoke = createInvoke({ app, timeoutMs, clock, log, newInvocationId: randomUUID });
  const timers = new Map<HostFunction, TimerListener>();
  const lock = timerLock(options);

  for (const fn of functions) {
    if (fn.kind !== 'timer') continue;
    const run = (json: string) => invoke(fn, { reason: 'Timer fired', input: { json } });
    const mayRun = (): Promise<boolean> =>
      lock.mayRun(fn.name).catch((error: unknown) => {
        log('error', 'host', `The lock on '${fn.name}' cannot be taken: ${summarizeError(error)}`);
        return false;
      });
    timers.set(fn, createTimerListener({ schedule: fn.schedule, clock, work, mayRun, run }));
  }

  const server = createHostServer({
    functions,
    keys,
    invoke,
    work,
    log,
    uptimeMs: () => clock.now() - startedMs,
    stopping: stopping.signal,
    runManually: (called, input) => {
      const call =
        called.kind === 'timer'
          ? { input: { json: timers.get(called)?.input() ?? '{}' } }
          : { input: { string: input }, triggerMetadata: manualMetadata(input) };
      void work.track(invoke(called, { reason: 'This function was called manually', ...call }));
    },
  });
  const port = await listen(server, options.port);

  for (const fn of functions) {
    if (fn.disabled) continue;
    if (fn.kind === 'timer') void timers.get(fn)?.listen(stopping.signal);
    if (fn.kind !== 'queue') continue;
    void listenToQueue({
      queue: openTriggerQueue(fn.connectionString, fn.queue),
      settings: settings.queues,
      leaseMs,
      clock,
      random,
      log,
      work,
      signal: stopping.signal,
      invoke: (message, text) =>
        invoke(fn, {
          reason: `New queue message detected on '${fn.queue}'.`,
          input: { string: text },
          triggerMetadata: messageMetadata(message, text),
        }),
    });
  }

  return {
    port,
    stop: async () => {
      stopping.abort();
      server.close();
      const inTime = await Promise.race([work.finished().then(() => true), clock.sleep(graceMs).then(() => false)]);
      if (!inTime) log('warning', 'host', 'Work in hand did not finish in time and is abandoned.');
      await Promise.race([Promise.all([terminateApp({ app, log }), lock.release()]), clock.sleep(TERMINATE_MS)]);
    },
  };
}

/**
 * Hosts belong to one app when they run from the same folder over the same storage, unless a
 * setting names the app.
 */
function timerLock({ appDirectory, environment, leaseMs, clock }: HostOptions): TimerLock {
  const connectionString = environment['AzureWebJobsStorage'];
  if (!connectionString) return noTimerLock;
  const folder = createHash('sha256').update(appDirectory).digest('hex').slice(0, 32);
  const hostId = environment['AzureFunctionsWebHost__hostid'] ?? folder;
  return createTimerLock({
    connectionString,
    hostId,
    owner: randomUUID(),
    leaseMs: Math.min(leaseMs, TIMER_LEASE_MS),
    clock,
  });
}

/** Resolves with the port once the server accepts connections, only on the loopback address. */
async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    throw new HostStartError(`Cannot listen on port ${port}: ${summarizeError(error)}`);
  }
  return (server.address() as AddressInfo).port;
}
