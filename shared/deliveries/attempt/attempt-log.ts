import type { Log } from '../../log.ts';
import type { AttemptRequest } from './attempt-request.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import type { Disposition } from './disposition.ts';

export interface LoggedAttempt {
  readonly request: Pick<AttemptRequest, 'event' | 'deliveryId' | 'own' | 'called'>;
  readonly record: AttemptRecord;
  readonly disposition: Disposition;
  /**
   * When the attempt could have started at the earliest: when the event was committed, or when the
   * retry was due.
   */
  readonly readyAtMs: number;
  readonly nowMs: number;
  /**
   * An operator requested the attempt for a delivery that already had its outcome. Only a success
   * changes that outcome.
   */
  readonly isExtra: boolean;
}

/**
 * Writes the log line of an attempt, which contains no secrets. `docs/operate.md` describes its
 * fields.
 */
export function logAttempt(log: Log, attempt: LoggedAttempt): void {
  const { request, record, disposition, readyAtMs, nowMs, isExtra } = attempt;
  const { event, deliveryId, own, called } = request;
  const changesNothing = isExtra && disposition.kind !== 'delivered';
  const waits = !changesNothing && disposition.kind === 'retrying';
  log.info('delivery.attempted', {
    instanceId: event.instanceId,
    trigger: event.trigger,
    eventId: event.eventId,
    deliveryId,
    subscriptionId: own.id,
    calledId: record.calledId,
    workflowId: called.workflowId,
    environmentId: called.environmentId,
    test: event.test,
    attempt: record.number,
    at: record.at,
    lagMs: Math.max(0, Date.parse(record.at) - readyAtMs),
    durationMs: record.durationMs,
    status: record.status,
    code: record.code,
    decision: changesNothing ? 'unchanged' : disposition.kind,
    nextAttemptAt: waits ? new Date(nowMs + disposition.delayMs).toISOString() : undefined,
    runId: record.runId,
  });
}
