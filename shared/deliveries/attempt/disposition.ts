import { unreachable } from '../../unreachable.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import type { Verdict } from './classification.ts';
import { nextRetry } from '../retry/retry-schedule.ts';

/** The state of a delivery after an attempt. */
export type Disposition =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retrying'; readonly delayMs: number; readonly code: string }
  /**
   * The flow is turned off. The subscription is paused, and the delivery waits until the
   * subscription is resumed.
   */
  | { readonly kind: 'parked'; readonly code: string }
  | { readonly kind: 'dead'; readonly code: string }
  /** The delivery and the subscription end. */
  | { readonly kind: 'gone'; readonly code: string };

/**
 * Delay before the next attempt when the callback URL belongs to an older version of the flow,
 * because a save may still be in progress.
 */
export const STALE_VERSION_WAIT_MS = 15 * 60 * 1000;
/**
 * Delay before the first probe of a flow that has been found turned off. A probe is a call that
 * finds out whether the flow is on again. `NEXT_PROBE_MS` is the delay between later probes.
 */
export const FIRST_PROBE_MS = 30 * 60 * 1000;
export const NEXT_PROBE_MS = 12 * 3600 * 1000;
/**
 * How long a worker's claim on a probe holds. It is longer than the reconciler takes to replace a
 * lost retry message.
 */
export const PROBE_LEASE_MS = 15 * 60 * 1000;

export const TURNED_OFF = 'turned-off';
export const STALE_VERSION = 'workflow-trigger-version-not-found';

/**
 * Decides the state of a delivery after an attempt. Pure. `earlier`: the previous attempts.
 * `calledId`: the successor that was called, `undefined` for the delivery's own subscription.
 * `resumedAtMs`: when the subscription last succeeded after failures, or was resumed. `jitter`: a
 * random number in [0, 1).
 */
export function dispositionOf(
  verdict: Verdict,
  context: {
    earlier: readonly AttemptRecord[];
    calledId: string | undefined;
    scheduleSeconds: readonly number[];
    jitter: number;
    nowMs: number;
    resumedAtMs?: number | undefined;
  },
): Disposition {
  switch (verdict.kind) {
    case 'delivered':
      return { kind: 'delivered' };
    case 'stale-version':
      return wasStaleBefore(context)
        ? afterFailure({ ...verdict, code: STALE_VERSION, whenExhausted: 'gone' }, context)
        : { kind: 'retrying', delayMs: STALE_VERSION_WAIT_MS, code: STALE_VERSION };
    case 'gone':
      return { kind: 'gone', code: verdict.code };
    case 'turned-off':
      return { kind: 'parked', code: TURNED_OFF };
    case 'dead':
      return { kind: 'dead', code: verdict.code };
    case 'retry':
      return afterFailure(verdict, context);
    default:
      return unreachable(verdict);
  }
}

type Failure = Pick<Extract<Verdict, { kind: 'retry' }>, 'code' | 'retryAfterMs' | 'whenExhausted'>;

/**
 * Schedules a retry, or ends the delivery when the schedule is used up. The result is
 * `whenExhausted` only if every earlier attempt that used the schedule was refused (`REFUSALS`) and
 * no other delivery of the subscription has succeeded since the first of them. Otherwise it is
 * `dead`, because a single refusal after other failures may come from a gateway, and because a flow
 * that has succeeded since then must exist.
 */
function afterFailure(
  { code, retryAfterMs, whenExhausted }: Failure,
  {
    earlier,
    scheduleSeconds,
    jitter,
    resumedAtMs = -Infinity,
  }: {
    earlier: readonly AttemptRecord[];
    scheduleSeconds: readonly number[];
    jitter: number;
    resumedAtMs?: number | undefined;
  },
): Disposition {
  const counted = earlier.filter((attempt, index) => usesSchedule(attempt, earlier.slice(0, index)));
  const next = nextRetry({ attempt: counted.length + 1, scheduleSeconds, retryAfterMs, jitter });
  if (next.kind === 'wait') return { kind: 'retrying', delayMs: next.delayMs, code };
  const [first] = counted;
  const hasSucceededSince = first !== undefined && resumedAtMs > Date.parse(first.at);
  const isRefusedThroughout =
    first !== undefined && !hasSucceededSince && counted.every((attempt) => REFUSALS.has(attempt.code));
  return { kind: isRefusedThroughout ? whenExhausted : 'dead', code };
}

/** If every attempt of the schedule gets a response with one of these codes, the flow is gone. */
const REFUSALS = new Set(['http-401', 'http-403', 'http-404', STALE_VERSION]);

/**
 * Whether an attempt uses up an entry of the schedule. An attempt that found the flow turned off
 * does not, nor does one that found the callback URL stale for the first time.
 */
function usesSchedule({ code, calledId, at }: AttemptRecord, earlier: readonly AttemptRecord[]): boolean {
  if (code === TURNED_OFF) return false;
  return code !== STALE_VERSION || wasStaleBefore({ earlier, calledId, nowMs: Date.parse(at) });
}

/**
 * Whether the same callback URL was already stale `STALE_VERSION_WAIT_MS` ago. Each save creates a
 * new callback URL, so a flow that is saved twice leaves two stale URLs, and each is checked
 * separately.
 */
function wasStaleBefore({
  earlier,
  calledId,
  nowMs,
}: {
  earlier: readonly AttemptRecord[];
  calledId: string | undefined;
  nowMs: number;
}): boolean {
  return earlier.some(
    (attempt) =>
      attempt.code === STALE_VERSION &&
      attempt.calledId === calledId &&
      Date.parse(attempt.at) <= nowMs - STALE_VERSION_WAIT_MS,
  );
}

/** The code that is stored with an attempt. */
export function codeOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'delivered':
      return 'delivered';
    case 'stale-version':
      return STALE_VERSION;
    case 'turned-off':
      return TURNED_OFF;
    case 'gone':
    case 'dead':
    case 'retry':
      return verdict.code;
    default:
      return unreachable(verdict);
  }
}
