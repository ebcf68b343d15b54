import { startFunctionsHost } from './functions-host/start-functions-host.ts';
import type { FunctionsHostOptions, FunctionsHostProcess } from './functions-host/start-functions-host.ts';
import { watchInvocations } from './host-lines.ts';
import type { Invocation } from './host-lines.ts';

/** A functions host with the backend, which can be polled manually. */
export interface StackHost extends FunctionsHostProcess {
  /**
   * Polls through the queue, as the timer does. Resolves with the end of a poll that began after
   * the call, so it has read all earlier changes. The first attempts have been made by then. Only
   * for one polled instance and one host. Rejects when the host ends first.
   */
  poll(): Promise<Invocation>;
  /** Polls one instance in this host immediately, without the queue. */
  pollHere(instanceId: string): Promise<Invocation>;
  /** Runs a timer function immediately. Resolves with its end. */
  runTimer(name: 'reconcile' | 'sweep'): Promise<Invocation>;
}

export type StackHostOptions = Omit<FunctionsHostOptions, 'verbose' | 'entry' | 'enableAuth' | 'hostKeys'>;

/**
 * A poll of an unavailable Customer Insights takes three timeouts of a call, by default 10 s each.
 * Both limits allow for a busy machine.
 */
const POLL_TIMEOUT_MS = 180_000;
const HEALTH_TIMEOUT_MS = 120_000;
const HEALTH_PAUSE_MS = 50;

/**
 * Resolves once `GET api/health` responds with 200. Rejects when it does not within two minutes, or
 * when the host ends.
 */
export async function startStackHost(options: StackHostOptions): Promise<StackHost> {
  const watch = watchInvocations();
  const host = await startFunctionsHost({
    ...options,
    verbose: true,
    output: (line) => {
      watch.readLine(line);
      options.output?.(line);
    },
  });
  try {
    await healthy(`${host.url}/api/health`);
  } catch (error) {
    await host.kill();
    throw error;
  }
  const gone = new AbortController();
  void host.exited.then(() => gone.abort(new Error('The functions host has ended.')));
  const run = async (name: string, input: string, awaited = 'poll-instance'): Promise<Invocation> => {
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(POLL_TIMEOUT_MS)]);
    const ended = watch.nextEnd(awaited, Date.now(), signal);
    const [invocation] = await Promise.all([ended, runManually(host.url, name, input)]);
    return invocation;
  };
  return {
    ...host,
    poll: () => run('schedule-polls', ''),
    pollHere: (instanceId) => run('poll-instance', JSON.stringify({ v: 1, instanceId })),
    runTimer: (name) => run(name, '', name),
  };
}

async function runManually(url: string, name: string, input: string): Promise<void> {
  const response = await fetch(`${url}/admin/functions/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input }),
  });
  if (response.status !== 202) throw new Error(`${name} could not be started: status ${response.status}`);
}

async function healthy(url: string): Promise<void> {
  const untilMs = Date.now() + HEALTH_TIMEOUT_MS;
  for (;;) {
    const status = await fetch(url).then(
      async (response) => {
        await response.arrayBuffer();
        return response.status;
      },
      () => 0,
    );
    if (status === 200) return;
    if (Date.now() > untilMs) throw new Error(`${url} did not respond with 200 within ${HEALTH_TIMEOUT_MS} ms.`);
    await new Promise((resolve) => setTimeout(resolve, HEALTH_PAUSE_MS));
  }
}
