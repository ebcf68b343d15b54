import { unreachable } from '../../unreachable.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import type { Verdict } from './classification.ts';
import { nextRetry } from '../retry/retry-schedule.ts';

/** What becomes of a delivery after an attempt. */
export type Disposition =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retrying'; readonly delayMs: number; readonly code: string }
  /** The flow is turned off: its subscription is paused, and the delivery waits for it. */
  | { readonly kind: 'parked'; readonly code: string }
  | { readonly kind: 'dead'; readonly code: string }
  /** The subscription ends with it. */
  | { readonly kind: 'gone'; readonly code: string };

/** A flow that answers with an older version's error may be in the middle of a save: this long, then once more. */
export const STALE_VERSION_WAIT_MS = 15 * 60 * 1000;
/** When a flow that was just found turned off is asked again, and how often from then on. */
export const FIRST_PROBE_MS = 30 * 60 * 1000;
export const NEXT_PROBE_MS = 12 * 3600 * 1000;
/** How long the right to probe holds: longer than a retry message that was lost is missed. */
export const PROBE_LEASE_MS = 15 * 60 * 1000;

export const TURNED_OFF = 'turned-off';
export const STALE_VERSION = 'workflow-trigger-version-not-found';

/**
 * Pure: `earlier` are the attempts before this one, `calledId` tells whom this one called, as they do; `resumedAtMs` is when the subscription last had a
 * success after failures, or was made active again; `jitter` is in [0, 1).
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
 * Another attempt, or the end of the schedule. The subscription ends with it only when all of the schedule was refused, and nothing else
 * succeeded meanwhile: a single refusal after other failures may be a gateway's, and one delivery that is refused alone says nothing about the flow.
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
  const worked = first !== undefined && resumedAtMs > Date.parse(first.at);
  const isRefusedThroughout = first !== undefined && !worked && counted.every((attempt) => REFUSALS.has(attempt.code));
  return { kind: isRefusedThroughout ? whenExhausted : 'dead', code };
}

/** Codes of the answers that end a subscription when they last through the whole schedule. */
const REFUSALS = new Set(['http-401', 'http-403', 'http-404', STALE_VERSION]);

/** Attempts that found the flow off use up nothing of the schedule, nor does a first one that found it in the middle of a save. */
function usesSchedule({ code, calledId, at }: AttemptRecord, earlier: readonly AttemptRecord[]): boolean {
  if (code === TURNED_OFF) return false;
  return code !== STALE_VERSION || wasStaleBefore({ earlier, calledId, nowMs: Date.parse(at) });
}

/**
 * Whether the same address was an older version's a quarter of an hour ago already. Another address is another save: a flow that is saved
 * twice in a row leaves two old addresses, and neither says anything of the other.
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

/** The code an attempt is recorded with. */
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
