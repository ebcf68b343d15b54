import type { Log } from '../../log.ts';
import type { Random } from '../../random.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import { applyQuietly, type EffectPorts } from '../subscription/subscription-effects.ts';
import type { FailedAnswer } from '../failed-answer.ts';
import { applyFailure, type FailureResult } from './apply-failure.ts';
import type { AttemptRequest } from './attempt-request.ts';
import { attemptDelivery, type AttemptPorts } from './attempt.ts';
import { logAttempt } from './attempt-log.ts';
import { dispositionOf } from './disposition.ts';

export interface RunAttemptPorts extends AttemptPorts, EffectPorts {
  readonly random: Pick<Random, 'fraction'>;
  readonly log: Log;
  /** Delay before each retry. */
  readonly scheduleSeconds: readonly number[];
}

export interface RunAttemptRequest extends AttemptRequest {
  /** The attempts before this one. */
  readonly earlier: readonly AttemptRecord[];
  /**
   * When the attempt could have started at the earliest: when the event was committed, or when the
   * retry was due.
   */
  readonly readyAtMs: number;
  /**
   * An operator requested the attempt for a delivery that already has an outcome, so a failure
   * changes nothing.
   */
  readonly isExtra: boolean;
}

export type AttemptResult =
  /** The claim expired before a permit was available, or the process is stopping. */
  | { readonly kind: 'too-late' }
  | { readonly kind: 'delivered'; readonly attempt: AttemptRecord; readonly effect: () => Promise<void> }
  | ({
      readonly kind: 'failed';
      readonly attempt: AttemptRecord;
      readonly answer: FailedAnswer | undefined;
      readonly code: string;
    } & FailureResult)
  /** An extra attempt failed. The attempt is stored, and nothing else changes. */
  | { readonly kind: 'failed-extra'; readonly attempt: AttemptRecord; readonly answer: FailedAnswer | undefined };

/**
 * Runs one attempt: sends the POST, decides the disposition, writes the log line, and computes the
 * changes to the delivery record and the subscription. First attempts and retries both use this
 * function. The caller stores the outcome, then calls `effect` to update the subscription.
 */
export async function runAttempt(ports: RunAttemptPorts, request: RunAttemptRequest): Promise<AttemptResult> {
  const { called, earlier, readyAtMs, isExtra } = request;
  const attempted = await attemptDelivery(ports, request);
  if (attempted.kind === 'too-late') return attempted;
  const { record: attempt, verdict, answer } = attempted;
  const nowMs = ports.clock.now();
  const disposition = dispositionOf(verdict, {
    earlier,
    calledId: attempt.calledId,
    nowMs,
    scheduleSeconds: ports.scheduleSeconds,
    jitter: ports.random.fraction(),
    ...(called.resumedAt !== undefined && { resumedAtMs: Date.parse(called.resumedAt) }),
  });
  logAttempt(ports.log, { request, record: attempt, disposition, readyAtMs, nowMs, isExtra });
  if (disposition.kind === 'delivered') {
    return { kind: 'delivered', attempt, effect: () => applyQuietly(ports, called, disposition, nowMs) };
  }
  // The earlier outcome of the delivery has already been applied to the subscription.
  if (isExtra) return { kind: 'failed-extra', attempt, answer };
  const { code } = disposition;
  return { kind: 'failed', attempt, answer, code, ...(await applyFailure(ports, called, disposition, nowMs)) };
}
