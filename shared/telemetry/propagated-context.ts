import type { Clock } from '../clock.ts';
import type { Queues } from '../storage/queues.ts';
import type { Telemetry } from './telemetry.ts';

/** What a message carries for telemetry alone. All of it may be missing: whoever sent it had telemetry off, or knew nothing of it. */
export interface PropagatedContext {
  /** The span that sent it, as W3C `traceparent`. */
  readonly traceparent?: string;
  /** When it was to be worked on, by the clock of whoever sent it. */
  readonly dueAtMs?: number;
}

interface Ports {
  readonly telemetry: Telemetry;
  readonly clock: Pick<Clock, 'now'>;
}

/** Azure Queue Storage is not in OpenTelemetry's list of messaging systems; its form is free then. */
const SYSTEM = 'azure_queue_storage';

/** The same queues, with each message carrying the running trace and when it is due. */
export function tracedQueues({ queues, telemetry, clock }: Ports & { readonly queues: Queues }): Queues {
  if (!telemetry.isOn) return queues;
  return {
    ...queues,
    send(queue, message, options = {}) {
      const traceparent = telemetry.traceparent();
      const dueAtMs = clock.now() + Math.max(0, options.delayMs ?? 0);
      // A message that is put back (from a poison queue) stays in the trace that it came from.
      const carrying: PropagatedContext = { ...(traceparent !== undefined && { traceparent }), ...message, dueAtMs };
      return queues.send(queue, carrying, options);
    },
  };
}

/** Runs the work on a message that was received, as a span of the trace that the message came from. */
export function handleMessage(
  { telemetry, clock }: Ports,
  queue: string,
  { traceparent, dueAtMs }: PropagatedContext,
  work: () => Promise<void>,
): Promise<void> {
  if (!telemetry.isOn) return work();
  const startMs = clock.now();
  const destination = { 'messaging.destination.name': queue };
  if (dueAtMs !== undefined) {
    telemetry.record('triggers.queue.age', Math.max(0, startMs - dueAtMs) / 1000, destination);
  }
  const operation = { 'messaging.system': SYSTEM, 'messaging.operation.name': 'process', ...destination };
  const told = (errorType?: string): void =>
    telemetry.record('messaging.process.duration', Math.max(0, clock.now() - startMs) / 1000, {
      ...operation,
      'error.type': errorType,
    });
  return telemetry.span(
    `process ${queue}`,
    { kind: 'consumer', parent: traceparent, attributes: { ...operation, 'messaging.operation.type': 'process' } },
    async () => {
      try {
        await work();
        told();
      } catch (error) {
        told((error as Error).name);
        throw error;
      }
    },
  );
}
