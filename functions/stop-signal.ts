import type { app } from '@azure/functions';

/** The part of a process that handles signals. */
type Signals = Pick<NodeJS.Process, 'listenerCount' | 'on'>;

/**
 * Returns a signal that is aborted as soon as the app learns that its process will end. The host's
 * hook runs only after running functions have ended or timed out, so an operating system signal
 * usually comes earlier. A listener for an operating system signal is added only when there is
 * another one, because the first listener disables the default action of ending the process.
 */
export function stopSignal(hooks: Pick<typeof app.hook, 'appTerminate'>, signals: Signals = process): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  hooks.appTerminate(stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) if (signals.listenerCount(signal) > 0) signals.on(signal, stop);
  return stopping.signal;
}
