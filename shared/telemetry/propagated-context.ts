import type { Clock } from '../clock.ts';
import type { Queues } from '../storage/queues.ts';
import type { Telemetry } from './telemetry.ts';

/**
 * The fields of a message that serve telemetry only. All may be missing, because the sender may
 * have telemetry off or be an older version.
 */
export interface PropagatedContext {
  /** The sending span as W3C `traceparent`. */
  readonly traceparent?: string;
  /** When the message was due, by the sender's clock. */
  readonly dueAtMs?: number;
}

interface Ports {
  readonly telemetry: Telemetry;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * OpenTelemetry does not list Azure Queue Storage as a messaging system, so the name can be chosen
 * freely.
 */
const SYSTEM = 'azure_queue_storage';

/** Wraps queues so that each message carries the trace of its sender and its due time. */
export function tracedQueues({ queues, telemetry, clock }: Ports & { readonly queues: Queues }): Queues {
  if (!telemetry.isOn) return queues;
  return {
    ...queues,
    send(queue, message, options = {}) {
      const traceparent = telemetry.traceparent();
      const dueAtMs = clock.now() + Math.max(0, options.delayMs ?? 0);
      // A message that is returned from a poison queue stays in its original trace.
      const withContext: PropagatedContext = { ...(traceparent !== undefined && { traceparent }), ...message, dueAtMs };
      return queues.send(queue, withContext, options);
    },
  };
}

/**
 * Processes a received message (`work`) as a span in the trace of its sender, and measures how late
 * and how long it is processed.
 */
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
  const recordDuration = (errorType?: string): void =>
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
        recordDuration();
      } catch (error) {
        recordDuration((error as Error).name);
        throw error;
      }
    },
  );
}
