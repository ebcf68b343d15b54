import type { Flow, Post, Version } from './flow.ts';
import { CLAIM_MS, clockErrorMs, isSteady } from './plan.ts';
import type { Fact } from './fact.ts';
import type { LostMessage, Stage } from './stage.ts';

/** A fact of which a flow has to be notified, and the version of the flow. */
export interface Owed {
  readonly flow: Flow;
  readonly fact: Fact;
  readonly version: Version;
}

/** An attempt that was made too late, or not at all. */
export interface Lateness extends Owed {
  /** The event after which the attempt was due. */
  readonly since: string;
  readonly byMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * The longest delay of the reconciler beside its period: work is due up to 75 s later, a message
 * counts as lost after 30 s, and processed work is checked again after a minute.
 */
const PARTS_MS = 3 * MINUTE;
/** The longest time of a poll and all its calls. */
const POLL_MS = 40 * SECOND;
/** The period of polls after the faults have stopped. */
const CALM_POLL_MS = 130 * SECOND;
/** How often a flow that is turned off is probed while deliveries wait for it. */
const PROBE_MS = 12 * HOUR;
const STALE_MS = 15 * MINUTE;
/**
 * How long faults may have an effect after they stop: the lease of a message, a frozen worker, a
 * claimed probe, a pause that could not be stored.
 */
const AFTERMATH_MS = HOUR;
/** The longest time until an outcome is stored in a steady plan. */
const WRITTEN_MS = 10 * SECOND;
const DISABLED_AFTER_MS = 5 * DAY;

/**
 * A period in which a flow receives nothing or only probes, because its subscription was paused or
 * deleted.
 */
interface Hold {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isProbed: boolean;
}

/**
 * Finds the attempts that came too late, judged by what really happened. After a failure, the next
 * attempt is due by the schedule. A flow that responded that it is off is probed every 12 hours.
 * After each success, resume or save, all waiting deliveries are due. Each is due within one period
 * of the reconciler and its own delays, and one more period for each lost message. In a steady plan
 * this holds always, otherwise once the faults have stopped.
 */
export function latenessOf(stage: Stage, owed: readonly Owed[], posts: readonly Post[]): Lateness[] {
  const { plan, timeline } = stage;
  const fromMs = isSteady(plan)
    ? plan.startMs
    : (stage.calmSinceMs() ?? Infinity) + AFTERMATH_MS + 2 * clockErrorMs(plan);
  const nowMs = timeline.now();
  const boundMs = plan.reconcileEveryMs + PARTS_MS + 2 * clockErrorMs(plan);
  const firstMs = 2 * Math.max(plan.pollEveryMs, CALM_POLL_MS) + POLL_MS + CLAIM_MS;
  if (fromMs > nowMs) return [];
  return owed.flatMap((one) => lateOf(one) ?? []);

  function lateOf(one: Owed): Lateness | undefined {
    const { flow, fact } = one;
    const own = posts.filter(({ version }) => version.flow === flow);
    const attempts = own.filter(({ callback }) => callback.occurredAt === fact.occurredAt);
    const accepted = attempts.findIndex((post) => post.accepted);
    const tried = accepted === -1 ? attempts : attempts.slice(0, accepted + 1);
    const holds = holdsOf(flow, own);
    if (wasPerhapsDisabled(own)) return undefined;
    let since = 'it was published';
    // A poll finds nothing behind 30 jobs, or while Customer Insights asked to wait, so no first
    // attempt is due.
    let state = {
      sinceMs: fact.shownByMs,
      dueMs: fact.shownByMs + firstMs,
      webhookId: undefined as string | undefined,
    };
    for (const [index, next] of [...tried, undefined].entries()) {
      if (index === tried.length && accepted !== -1) return undefined;
      const deadlineMs = deadlineOf(flow, own, holds, state);
      if (deadlineMs < Math.min(next?.atMs ?? Infinity, nowMs))
        return { ...one, since, byMs: Math.min(next?.atMs ?? Infinity, nowMs) - state.sinceMs };
      if (next === undefined || isLast(next, index)) return undefined;
      since = `attempt ${index + 1}`;
      state = {
        sinceMs: next.atMs,
        dueMs: (next.answeredAtMs ?? next.atMs) + delayMs(next, index),
        webhookId: next.webhookId,
      };
    }
    return undefined;
  }

  /** Whether only an operator can cause a further attempt. */
  function isLast({ answer }: Post, index: number): boolean {
    const code = answer?.kind === 'answered' ? answer.errorCode : undefined;
    return index >= plan.scheduleSeconds.length || code === 'TriggerInputSchemaMismatch';
  }

  /** The longest delay of the next attempt after this one failed. */
  function delayMs({ answer, answerLost, answeredAtMs }: Post, index: number): number {
    const scheduledMs = Math.max(...plan.scheduleSeconds.slice(0, index + 1)) * 1.1 * SECOND;
    const response = answer?.kind === 'answered' ? answer : undefined;
    const askedMs = response?.retryAfterMs ?? (response?.errorCode === 'WorkflowTriggerVersionNotFound' ? STALE_MS : 0);
    // No worker knows the outcome, so the claim has to expire.
    const unknownMs = answerLost || answeredAtMs === undefined ? CLAIM_MS + 15 * SECOND : 0;
    return Math.max(scheduledMs, askedMs) + unknownMs;
  }

  function holdsOf(flow: Flow, own: readonly Post[]): Hold[] {
    const freed = freesOf(flow, own);
    const end = (beganMs: number): number => freed.find((free) => free.fromMs > beganMs)?.atMs ?? Infinity;
    const off = own.flatMap((post) => {
      if (post.answer?.kind !== 'answered' || post.answer.errorCode !== 'WorkflowTriggerIsNotEnabled') return [];
      return [{ fromMs: post.atMs, untilMs: end((post.answeredAtMs ?? post.atMs) + WRITTEN_MS), isProbed: true }];
    });
    const deleted = flow.versions.flatMap(({ deleteSentAtMs }, index) => {
      if (deleteSentAtMs === undefined) return [];
      const next = flow.versions.slice(index + 1).find(({ subscribedAtMs }) => subscribedAtMs !== undefined);
      return [{ fromMs: deleteSentAtMs, untilMs: next?.subscribedAtMs ?? Infinity, isProbed: false }];
    });
    return [...off, ...deleted];
  }

  function deadlineOf(
    flow: Flow,
    own: readonly Post[],
    holds: readonly Hold[],
    { sinceMs, dueMs, webhookId }: { sinceMs: number; dueMs: number; webhookId: string | undefined },
  ): number {
    const lost = lossesOf(flow, webhookId, sinceMs);
    const polls = lost.filter(({ queue }) => queue === 'polls').length;
    const lateMs = boundMs * (1 + lost.length - polls) + firstMs * polls;
    const allowed = (ms: number): number => Math.max(ms, fromMs) + lateMs;
    const directMs = allowed(dueMs);
    const holding = holds.filter((hold) => hold.fromMs <= directMs && hold.untilMs > sinceMs);
    const last = holding.toSorted((one, other) => one.fromMs - other.fromMs).at(-1);
    if (last === undefined) return directMs;
    const free = freesOf(flow, own).find(
      (one) =>
        one.fromMs > Math.max(last.fromMs, sinceMs, fromMs) + WRITTEN_MS &&
        !isOffIn(flow, one.fromMs - MINUTE, one.atMs + lateMs) &&
        !holds.some((hold) => !hold.isProbed && hold.fromMs < one.atMs + lateMs && hold.untilMs > one.fromMs),
    );
    const freedMs = free === undefined ? Infinity : Math.max(directMs, allowed(free.atMs));
    if (holding.some(({ isProbed }) => !isProbed)) return freedMs;
    let askedMs = Math.max(last.fromMs, sinceMs);
    for (const { atMs } of own) {
      if (atMs <= askedMs) continue;
      if (atMs > allowed(askedMs + PROBE_MS)) break;
      askedMs = atMs;
    }
    return Math.min(freedMs, Math.max(directMs, allowed(askedMs + PROBE_MS)));
  }

  /** Lost messages that concerned this delivery or its flow, or may have. */
  function lossesOf(flow: Flow, webhookId: string | undefined, sinceMs: number): readonly LostMessage[] {
    return stage.lost.filter(({ atMs, message }) => {
      if (atMs < sinceMs) return false;
      const { deliveryId, subscriptionId } = message as { deliveryId?: string; subscriptionId?: string };
      if (webhookId === undefined) return true;
      const isOfFlow = flow.versions.some((version) => version.subscriptionId === subscriptionId);
      return deliveryId === webhookId || isOfFlow || isOfProbe(flow, deliveryId);
    });
  }

  function isOfProbe(flow: Flow, deliveryId: string | undefined): boolean {
    return posts.some(({ version, webhookId }) => version.flow === flow && webhookId === deliveryId);
  }
}

interface Free {
  readonly fromMs: number;
  readonly atMs: number;
}

/**
 * The times at which a paused subscription becomes active: by requests of people, and by successes
 * whose response arrived.
 */
function freesOf(flow: Flow, own: readonly Post[]): Free[] {
  const successes = own.flatMap(({ accepted, answerLost, atMs, answeredAtMs, run }) =>
    accepted && !answerLost && answeredAtMs !== undefined && run.state !== 'crashed'
      ? [{ fromMs: atMs, atMs: answeredAtMs }]
      : [],
  );
  return [...flow.resumes, ...successes].toSorted((one, other) => one.atMs - other.atMs);
}

function isOffIn({ offSpans, removedAtMs }: Flow, fromMs: number, untilMs: number): boolean {
  if (removedAtMs !== undefined && removedAtMs < untilMs) return true;
  return offSpans.some((span) => span.fromMs < untilMs && (span.untilMs ?? Infinity) > fromMs);
}

/**
 * Whether a flow has failed for so long that only an operator makes its subscription active again.
 */
function wasPerhapsDisabled(own: readonly Post[]): boolean {
  let failingSinceMs = Infinity;
  return own.some(({ accepted, answerLost, atMs }) => {
    failingSinceMs = accepted && !answerLost ? Infinity : Math.min(failingSinceMs, atMs);
    return atMs - failingSinceMs >= DISABLED_AFTER_MS - HOUR;
  });
}
