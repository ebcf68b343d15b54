import type { Flow, Post, Version } from './flow.ts';
import { CLAIM_MS, clockErrorMs, isSteady } from './plan.ts';
import type { Fact } from './source-script.ts';
import type { LostMessage, Stage } from './stage.ts';

/** Something that a flow is owed, by which of its versions. */
export interface Owed {
  readonly flow: Flow;
  readonly fact: Fact;
  readonly version: Version;
}

/** An attempt that was made too late, or not at all. */
export interface Lateness extends Owed {
  /** After what. */
  readonly since: string;
  readonly byMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The parts of a pass of the reconciler: work is noted for up to 75 s ahead, a message is missed after 30 s, and what was done is looked at again a minute later. */
const PARTS_MS = 3 * MINUTE;
/** A poll and all its calls. */
const POLL_MS = 40 * SECOND;
/** Polls in the calm. */
const CALM_POLL_MS = 130 * SECOND;
/** A flow that is off is asked again this often, if something waits for it. */
const PROBE_MS = 12 * HOUR;
const STALE_MS = 15 * MINUTE;
/** Of what went wrong before the calm: a lease of a message, a frozen worker, a right to probe, a pause that could not be written down. */
const AFTERMATH_MS = HOUR;
/** An answer is written down by then, in a world that is steady. */
const WRITTEN_MS = 10 * SECOND;
const DISABLED_AFTER_MS = 5 * DAY;

/** A time in which nothing is sent to a flow but probes, or not even these: its subscription was paused or deleted. */
interface Hold {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly isProbed: boolean;
}

/**
 * Attempts that came too late, judged by what really happened: after each failure the next attempt is due by the schedule, after a flow said that it is off it is asked
 * every 12 hours, and after each success, resume or save all goes out that waits. Each is due within a period of the reconciler and its parts, and one more for each
 * message that was lost. From the calm on; in a steady world, always.
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
    const attempts = own.filter(({ told }) => told.occurredAt === fact.occurredAt);
    const accepted = attempts.findIndex((post) => post.accepted);
    const tried = accepted === -1 ? attempts : attempts.slice(0, accepted + 1);
    const holds = holdsOf(flow, own);
    if (wasPerhapsDisabled(own)) return undefined;
    let since = 'it was published';
    // Behind 30 jobs, or while Customer Insights asked to wait, a poll finds nothing: then there is no first attempt to wait for.
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

  /** Whether no further attempt is owed, but by an operator. */
  function isLast({ answer }: Post, index: number): boolean {
    const code = answer?.kind === 'answered' ? answer.errorCode : undefined;
    return index >= plan.scheduleSeconds.length || code === 'TriggerInputSchemaMismatch';
  }

  /** The longest that an attempt is put off after this one failed. */
  function delayMs({ answer, answerLost, answeredAtMs }: Post, index: number): number {
    const scheduledMs = Math.max(...plan.scheduleSeconds.slice(0, index + 1)) * 1.1 * SECOND;
    const told = answer?.kind === 'answered' ? answer : undefined;
    const askedMs = told?.retryAfterMs ?? (told?.errorCode === 'WorkflowTriggerVersionNotFound' ? STALE_MS : 0);
    // Nobody knows of it: its claim has to run out.
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

  /** Messages that were about this delivery or its flow, or might have been. */
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

/** What makes a paused subscription active: requests of people, and successes whose answer arrived. */
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

/** Whether a flow has failed for so long that only an operator makes it active again. */
function wasPerhapsDisabled(own: readonly Post[]): boolean {
  let failingSinceMs = Infinity;
  return own.some(({ accepted, answerLost, atMs }) => {
    failingSinceMs = accepted && !answerLost ? Infinity : Math.min(failingSinceMs, atMs);
    return atMs - failingSinceMs >= DISABLED_AFTER_MS - HOUR;
  });
}
