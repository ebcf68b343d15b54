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
/** How long the real host's lock on a timer outlives it. */
const TIMER_LEASE_MS = 60_000;

interface HostOptions {
  /** Where package.json and host.json of the app are. */
  readonly appDirectory: string;
  readonly settings: HostSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** 0 takes any free port. */
  readonly port: number;
  /** Undefined: keys are not enforced. */
  readonly keys: HostKeys | undefined;
  /** How long a received queue message is invisible to others, unless renewed. */
  readonly leaseMs: number;
  /** How long work in hand may last once the host is told to stop. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: HostLog;
}

export interface RunningHost {
  readonly port: number;
  /**
   * Stops listening and polling at once, lets work in hand finish within the grace, and runs the appTerminate hooks.
   * Messages of work that did not finish stay invisible until their lease ends. End the process afterwards.
   */
  stop(): Promise<void>;
}

/**
 * Loads the app and runs it: HTTP, timers and queues. One host per process, because the app reads the environment and the
 * library can be driven by one host only. Rejects with `HostStartError` when it cannot start.
 *
 * It does what the real host was seen to do, as far as this project's app goes. Not built: other triggers, input and
 * output bindings, retry policies, HTTP streaming, CORS, cookies, keys of single functions, drain mode, timer status in
 * storage, and the worker process of its own that the real host restarts after a crash.
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

  for (const one of functions) {
    if (one.kind !== 'timer') continue;
    const run = (json: string) => invoke(one, { reason: 'Timer fired', input: { json } });
    const mayRun = (): Promise<boolean> =>
      lock.mayRun(one.name).catch((error: unknown) => {
        log('error', 'host', `The lock on '${one.name}' cannot be had: ${summarizeError(error)}`);
        return false;
      });
    timers.set(one, createTimerListener({ schedule: one.schedule, clock, work, mayRun, run }));
  }

  const server = createHostServer({
    functions,
    keys,
    invoke,
    work,
    log,
    uptimeMs: () => clock.now() - startedMs,
    stopping: stopping.signal,
    runByHand: (called, input) => {
      const call =
        called.kind === 'timer'
          ? { input: { json: timers.get(called)?.input() ?? '{}' } }
          : { input: { string: input }, triggerMetadata: manualMetadata(input) };
      void work.track(invoke(called, { reason: 'This function was called by hand', ...call }));
    },
  });
  const port = await listen(server, options.port);

  for (const one of functions) {
    if (one.disabled) continue;
    if (one.kind === 'timer') void timers.get(one)?.listen(stopping.signal);
    if (one.kind !== 'queue') continue;
    void listenToQueue({
      queue: openTriggerQueue(one.connectionString, one.queue),
      settings: settings.queues,
      leaseMs,
      clock,
      random,
      log,
      work,
      signal: stopping.signal,
      invoke: (message, text) =>
        invoke(one, {
          reason: `New queue message detected on '${one.queue}'.`,
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

/** Hosts of one app are those that run from the same folder over the same storage, unless a setting says which app it is. */
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

/** Resolves with the port once the server accepts connections, on the loopback address only. */
async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    throw new HostStartError(`Cannot listen on port ${port}: ${summarizeError(error)}`);
  }
  return (server.address() as AddressInfo).port;
}
