import type { Log } from '../../log.ts';
import type { AttemptRequest } from './attempt.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import type { Disposition } from './disposition.ts';

export interface LoggedAttempt {
  readonly request: Pick<AttemptRequest, 'event' | 'deliveryId' | 'own' | 'called'>;
  readonly record: AttemptRecord;
  readonly disposition: Disposition;
  /** When the delivery could first go out: its event was opened, or the attempt was due. */
  readonly readyAtMs: number;
  readonly nowMs: number;
  /** An operator asked for it although its delivery was settled: whatever comes of it but a success changes nothing. */
  readonly isExtra: boolean;
}

/** The one line of an attempt, all that is known of it and no secret; `docs/operate.md` tells what each field means. */
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
