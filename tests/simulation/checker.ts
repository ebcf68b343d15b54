import type { Flow, Post, Version } from './flow.ts';
import { concernsInput, sameInput } from './flow.ts';
import { latenessOf, type Lateness, type Owed } from './lateness.ts';
import { CLAIM_MS, clockErrorMs, isSteady, type Plan } from './plan.ts';
import type { Fact } from './fact.ts';
import { hangOfFlow, hangsAt } from './source-faults.ts';
import type { Run, Stage } from './stage.ts';

/** Compares what happens with what the app promises, without knowledge of the app's internals. */
export interface Checker {
  /** Called when a callback is sent. */
  posted(post: Post): void;
  /** Called when a callback arrives and its flow has decided on the response. */
  arrived(post: Post): void;
  /** Called when an operator begins to request a further attempt of a delivery. */
  redelivering(webhookId: string, run: Run): void;
  /** The facts of which each flow should have been notified by now and was not. */
  owed(flows: readonly Flow[]): { readonly flow: Flow; readonly fact: Fact; readonly why: string }[];
  /** Disabled subscriptions that the rules do not disable. */
  wronglyDisabled(flows: readonly Flow[]): Version[];
  /**
   * Facts of which a flow was notified too late, in a plan without faults that excuse a delay. A
   * hang of another instance or flow is no excuse.
   */
  late(flows: readonly Flow[]): { readonly flow: Flow; readonly fact: Fact; readonly afterMs: number }[];
  /** Attempts that were made later than the faults excuse, or not at all. */
  overdue(flows: readonly Flow[]): Lateness[];
  readonly posts: readonly Post[];
}

const MINUTE = 60_000;
const GRACE_MS = 15 * MINUTE;
const DAY = 24 * 60 * MINUTE;
const PAUSED_FOR_MS = 7 * DAY;
/**
 * A paused flow is probed every 12 hours. Responses further apart than this do not count together.
 */
const UNASKED_MS = 25 * 60 * MINUTE;
const DISABLED_AFTER_MS = 5 * DAY;
/** The longest time of a poll and all its calls in a steady plan. Far shorter than a claim. */
const POLL_MS = 40_000;
/**
 * The same when calls are answered at once, unless they hang. Shorter than any time-out, so that a
 * hang may delay nothing else.
 */
const QUICK_POLL_MS = 5_000;
/** The longest time until an outcome is stored in a steady plan. */
const WRITTEN_MS = 10_000;

/**
 * Whether no fault of a plan can delay a callback: storage always answers, although it may execute
 * a request twice; no worker crashes, freezes or sleeps; no flow is turned off, since its
 * deliveries then wait for a probe; and calls to Customer Insights are not limited, since a poll
 * may then have to resume later. The first poll that can see a fact notifies the flows of it.
 */
function isGentle({ storage, ...plan }: Plan): boolean {
  const chances = [storage.failsBefore, storage.failsAfter, storage.slow, plan.insightsFails, plan.crash, plan.freeze];
  const isUnhurried =
    plan.poisons === 0 &&
    plan.losses === 0 &&
    plan.outages.length === 0 &&
    plan.losesMessage === 0 &&
    Math.max(...plan.faultMs) < DISABLED_AFTER_MS &&
    plan.clockJumps === 0 &&
    plan.lateMs === 0 &&
    plan.latencyMs <= 500;
  return isUnhurried && !plan.turnsOff && plan.calls === 0 && chances.every((chance) => chance === 0);
}

/** The statuses that end a subscription when every attempt of a delivery receives one. */
function isRefusal({ answer }: Post): boolean {
  return answer?.kind === 'answered' && (answer.status === 401 || answer.status === 404);
}

export function createChecker(
  stage: Stage,
  facts: () => readonly Fact[],
  /** Whether a delivery is stored as delivered. */
  isDelivered: (deliveryId: string) => boolean,
): Checker {
  const { plan } = stage;
  const posts: Post[] = [];
  const byWebhook = new Map<string, Post[]>();
  const redeliveries = new Map<string, Run[]>();
  /** The webhook id of each flow and event. */
  const ids = new Map<string, string>();

  const factOf = ({ version, callback }: Post): Fact | undefined =>
    facts().find(
      ({ instance, trigger, occurredAt }) =>
        instance === version.flow.instance && trigger === version.flow.trigger && occurredAt === callback.occurredAt,
    );

  const jumpedSince = (sinceMs: number): boolean => stage.jumps.some((atMs) => atMs >= sinceMs);
  const clocksAreOff = (): boolean => clockErrorMs(plan) > CLAIM_MS / 4 && stage.jumps.length > 0;

  /**
   * Whether a callback was sent so long after `sinceMs` that no claim from before then explains it.
   */
  const isTooLate = (post: Post, sinceMs: number | undefined): boolean =>
    sinceMs !== undefined &&
    post.atMs > sinceMs + CLAIM_MS + 2 * plan.skewMs + 1000 &&
    !jumpedSince(post.run.startedAtMs) &&
    !clocksAreOff();

  const checkTarget = (post: Post): void => {
    const { version, webhookId } = post;
    const { flow } = version;
    if (post.run.startedAtMs > (version.disabledAtMs ?? Infinity) && flow.isTended !== true)
      stage.violate(`POST ${webhookId} to ${version.url}, which is disabled`);
    if (flow.unruly || version.overlapped) return;
    if (isTooLate(post, version.deletedAtMs)) stage.violate(`POST ${webhookId} to ${version.url} after its DELETE`);
    const successor = flow.versions[flow.versions.indexOf(version) + 1];
    const isFirst = byWebhook.get(webhookId)?.[0] === post;
    if (isFirst && isTooLate(post, successor?.subscribedAtMs)) {
      stage.violate(`first POST ${webhookId} to ${version.url} after the flow was saved again`);
    }
  };

  const checkFact = (post: Post): void => {
    const { version } = post;
    const { flow } = version;
    const fact = factOf(post);
    if (fact === undefined) {
      stage.violate(`POST of something that never happened: ${post.body}`);
      return;
    }
    const since = flow.versions.flatMap(({ input, sentAtMs, isReadInPart = false }) => {
      if (sentAtMs === undefined || !concernsInput(fact, flow, input)) return [];
      return [isReadInPart && fact.value === undefined ? 0 : sentAtMs];
    });
    if (since.length === 0) {
      stage.violate(`POST of what nobody asked for: ${post.body}`);
      return;
    }
    if (Math.min(...since) > fact.shownByMs) stage.violate(`POST of what was before the subscribe: ${post.body}`);
  };

  const checkIdentity = (post: Post): void => {
    const { version, webhookId, callback, body } = post;
    const key = `${version.flow.name} ${callback.eventId}`;
    const id = ids.get(key);
    if (version.flow.workflowId !== undefined && !version.flow.unruly && id !== undefined && id !== webhookId) {
      stage.violate(`two deliveries of one event to one flow: ${id} and ${webhookId}`);
    }
    ids.set(key, webhookId);
    const first = byWebhook.get(webhookId)?.[0];
    if (first && first.body !== body) stage.violate(`${webhookId} with another body: ${body}`);
  };

  const checkSchedule = (post: Post, earlier: readonly Post[]): void => {
    const before = earlier.at(-1);
    const firstDelayMs = (plan.scheduleSeconds[0] ?? 0) * 1000;
    if (before?.answeredAtMs === undefined || before.run.faults.size > 0 || plan.clockJumps > 0) return;
    const { flow } = post.version;
    const mayBeReleased =
      flow.versions.length > 1 || flow.offFromMs !== undefined || plan.turnsOff || plan.actions > 0 || flow.isTended;
    if (!mayBeReleased && post.atMs < before.answeredAtMs + firstDelayMs - 2 * plan.skewMs) {
      stage.violate(`${post.webhookId} was tried again after ${post.atMs - before.answeredAtMs} ms`);
    }
  };

  /**
   * A delivery that is stored as delivered is not sent again, except on request or by a worker that
   * was frozen since before.
   */
  const checkDelivered = ({ webhookId, run }: Post): void => {
    const isExcused = run.faults.has('froze') || jumpedSince(run.startedAtMs) || clocksAreOff();
    if (isExcused || redeliveries.has(webhookId) || !isDelivered(webhookId)) return;
    stage.violate(`POST ${webhookId} by #${run.number}, which is delivered already`);
  };

  const explained = (first: Post, second: Post): boolean =>
    first.answerLost ||
    first.run.faults.size > 0 ||
    jumpedSince(Math.min(first.run.startedAtMs, second.run.startedAtMs)) ||
    clocksAreOff();

  /**
   * Each request of an operator allows one further attempt, or several when a fault interrupted the
   * request.
   */
  const wasAskedFor = (group: readonly Post[]): boolean => {
    const requests = redeliveries.get(group[0]?.webhookId ?? '') ?? [];
    if (requests.some(({ faults }) => faults.size > 0)) return true;
    const accepted = group.filter((post) => post.accepted);
    const unexplained = accepted.filter(
      (post, index) => index > 0 && !accepted.slice(0, index).some((earlier) => explained(earlier, post)),
    );
    return unexplained.length <= requests.length;
  };

  /**
   * Whether an operator may have ended the subscription that a flow relied on. An end is final, and
   * a later save subscribes anew. An end after the flow has saved or unsubscribed changes nothing.
   */
  const mayBeEnded = ({ endSentAtMs, deletedAtMs = Infinity }: Version, next: Version | undefined): boolean =>
    endSentAtMs !== undefined && endSentAtMs <= Math.min(deletedAtMs, next?.subscribedAtMs ?? Infinity);

  /**
   * Whether the flow was subscribed with this input from `version` on without a gap, according to
   * the platform and the app.
   */
  const stayed = (version: Version): boolean => {
    const { versions } = version.flow;
    const from = versions.indexOf(version);
    return versions.slice(from).every((current, index, rest) => {
      const next = rest[index + 1];
      if (mayBeEnded(current, next)) return false;
      if (current.deleteSentAtMs !== undefined) {
        const marginMs = 2 * clockErrorMs(plan);
        if (next?.subscribedAtMs === undefined) return false;
        if (next.subscribedAtMs > current.deleteSentAtMs + Math.max(0, GRACE_MS - marginMs)) return false;
      }
      return next?.sentAtMs === undefined || (sameInput(next.input, version.input) && !next.abandoned);
    });
  };

  /** Whether an operator had the delivery sent again after its flow had recovered. */
  const isRecovered = ({ version, callback }: Post): boolean =>
    version.flow.versions.some((one) => one.subscriptionId === callback.subscriptionId && one.isRecovered);

  /**
   * Whether a flow was turned off for so long that the app may give it up, whatever the app
   * observed. Two periods count as one when the app cannot have probed between them.
   */
  const wasGivenUp = ({ offSpans }: Flow): boolean => {
    let offMs = 0;
    let endedMs = -Infinity;
    return offSpans.some(({ fromMs, untilMs = stage.timeline.now() }) => {
      offMs = fromMs - endedMs <= UNASKED_MS ? offMs + (untilMs - endedMs) : untilMs - fromMs;
      endedMs = untilMs;
      return offMs >= PAUSED_FOR_MS - 2 * clockErrorMs(plan) - MINUTE;
    });
  };

  /**
   * Whether another delivery succeeded between the first and the last attempt of a delivery, and
   * was certainly stored in time.
   */
  const workedMeanwhile = (group: readonly Post[]): boolean => {
    const [first, last] = [group[0], group.at(-1)];
    if (!isSteady(plan) || first?.answeredAtMs === undefined || last === undefined) return false;
    const [fromMs, untilMs] = [first.answeredAtMs + WRITTEN_MS, last.run.startedAtMs - WRITTEN_MS];
    return posts.some(
      ({ version, accepted, atMs }) => version === last.version && accepted && atMs > fromMs && atMs < untilMs,
    );
  };

  /** Why the delivery policy does not require that the flow is notified of the fact, if so. */
  const excuse = (flow: Flow, fact: Fact): string | undefined => {
    if (flow.unruly) return 'saves that nobody can order';
    if (flow.removedAtMs !== undefined) return 'the flow was deleted';
    if (flow.offFromMs !== undefined) return 'the flow is off for good';
    if (wasGivenUp(flow)) return 'the flow was off for so long that it was given up';
    if (flow.versions.some(({ isDisabled }) => isDisabled)) return 'the subscription is disabled';
    const attempts = plan.scheduleSeconds.length + 1;
    for (const group of byWebhook.values()) {
      const [first] = group;
      if (first?.version.flow !== flow) continue;
      const codes = group.flatMap(({ answer }) =>
        answer?.kind === 'answered' ? [answer.errorCode ?? answer.status] : [],
      );
      const isThis = first.callback.occurredAt === fact.occurredAt && !isRecovered(first);
      if (isThis && group.length >= attempts) return 'the schedule was used up';
      if (isThis && codes.includes('TriggerInputSchemaMismatch')) return 'the flow refuses the body';
      if (group.filter(isRefusal).length >= attempts && !workedMeanwhile(group)) return 'the flow refuses us';
    }
    return undefined;
  };

  /** All notifications that the rules require, whether they were sent or not. */
  const owedTo = (flows: readonly Flow[]): Owed[] =>
    flows.flatMap((flow) => {
      const steady = flow.versions.filter(({ subscribedAtMs }) => subscribedAtMs !== undefined).filter(stayed);
      return facts().flatMap((fact): Owed[] => {
        const version = steady.find(
          ({ subscribedAtMs = Infinity, input }) =>
            subscribedAtMs < fact.happenedAtMs && concernsInput(fact, flow, input),
        );
        return version === undefined ? [] : [{ flow, fact, version }];
      });
    });

  return {
    posts,
    posted(post) {
      const earlier = byWebhook.get(post.webhookId) ?? [];
      posts.push(post);
      checkFact(post);
      checkIdentity(post);
      checkSchedule(post, earlier);
      byWebhook.set(post.webhookId, [...earlier, post]);
      checkTarget(post);
      checkDelivered(post);
    },
    arrived(post) {
      if (!post.accepted) return;
      const group = byWebhook.get(post.webhookId) ?? [];
      const first = group.find((one) => one !== post && one.accepted);
      if (first && !explained(first, post) && !wasAskedFor(group)) {
        stage.violate(`${post.webhookId} was accepted twice, by #${first.run.number} and #${post.run.number}`);
      }
    },
    late(flows) {
      if (!isGentle(plan)) return [];
      const isHungElsewhere = plan.hangs.length > 0 && plan.latencyMs <= 20;
      const longestMs = plan.pollEveryMs + (isHungElsewhere ? QUICK_POLL_MS : POLL_MS);
      return flows.flatMap((flow) => {
        const [version] = flow.versions;
        if (flow.versions.length > 1 || version?.subscribedAtMs === undefined || flow.offFromMs !== undefined)
          return [];
        const { input, subscribedAtMs } = version;
        const owed = facts().filter(
          (fact) =>
            subscribedAtMs < fact.happenedAtMs &&
            // Polls are rarer after the faults have stopped.
            fact.shownByMs < plan.startMs + plan.stormMs - plan.pollEveryMs &&
            !fact.isHeldUp &&
            concernsInput(fact, flow, input) &&
            !hangOfFlow(plan, flow.index, fact.publishedAtMs, fact.shownByMs + longestMs),
        );
        return owed.flatMap((fact) => {
          const first = posts.find(
            ({ version: { flow: called }, callback: { occurredAt } }) =>
              called === flow && occurredAt === fact.occurredAt,
          );
          if (hangsAt(plan, fact.publishedAtMs)) stage.count('fact beside a hang is judged');
          const afterMs = (first?.atMs ?? 0) - fact.shownByMs;
          return afterMs > longestMs ? [{ flow, fact, afterMs }] : [];
        });
      });
    },
    wronglyDisabled(flows) {
      // A delivery that an operator requested does not make a subscription active again.
      const own = flows.filter(({ isTended }) => isTended !== true);
      const disabled = own.flatMap((flow) => flow.versions).filter(({ isDisabled }) => isDisabled);
      return disabled.filter((version) => {
        const answered = posts.filter((post) => post.version === version && post.answeredAtMs !== undefined);
        const lastSuccess = answered.findLastIndex(({ accepted, answerLost }) => accepted && !answerLost);
        const failures = answered.slice(lastSuccess + 1);
        const spanMs = (failures.at(-1)?.atMs ?? 0) - (failures[0]?.atMs ?? 0);
        const deliveries = new Set(failures.map(({ webhookId }) => webhookId));
        return deliveries.size < 2 || spanMs < DISABLED_AFTER_MS - MINUTE - 2 * clockErrorMs(plan);
      });
    },
    redelivering(webhookId, run) {
      redeliveries.set(webhookId, [...(redeliveries.get(webhookId) ?? []), run]);
    },
    overdue: (flows) =>
      latenessOf(
        stage,
        owedTo(flows).filter(({ flow, fact }) => excuse(flow, fact) === undefined),
        posts,
      ),
    owed: (flows) =>
      owedTo(flows).flatMap(({ flow, fact, version }) => {
        const wasTold = posts.some(
          (post) => post.version.flow === flow && post.accepted && post.callback.occurredAt === fact.occurredAt,
        );
        if (wasTold || excuse(flow, fact) !== undefined) return [];
        return [{ flow, fact, why: `subscribed by ${version.url.slice(-2)}` }];
      }),
  };
}
