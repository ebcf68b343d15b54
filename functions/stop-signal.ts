import type { app } from '@azure/functions';

/** The part of a process that handles signals. */
type Signals = Pick<NodeJS.Process, 'listenerCount' | 'on'>;

/**
 * Returns an `AbortSignal` that is aborted as soon as the app learns that its process will end. The
 * hook `appTerminate` runs only after running functions have ended or timed out, so SIGINT or
 * SIGTERM usually arrives earlier. The app adds a listener for such a signal only if there already
 * is one, because the first listener would disable the default action, which ends the process.
 */
export function stopSignal(hooks: Pick<typeof app.hook, 'appTerminate'>, signals: Signals = process): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  hooks.appTerminate(stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) if (signals.listenerCount(signal) > 0) signals.on(signal, stop);
  return stopping.signal;
}
