import type { app } from '@azure/functions';

/** A process, as far as its signals go. */
type Signals = Pick<NodeJS.Process, 'listenerCount' | 'on'>;

/**
 * Aborted as soon as the app can know that its process is to end: by the host's word, which comes when what is in flight has ended or the host
 * waits no longer, or by a signal to this process before. A signal is listened to only where somebody else does too: the first listener
 * would keep the process from ending.
 */
export function stopSignal(hooks: Pick<typeof app.hook, 'appTerminate'>, signals: Signals = process): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  hooks.appTerminate(stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) if (signals.listenerCount(signal) > 0) signals.on(signal, stop);
  return stopping.signal;
}
