import type { CallbackResponse } from '../../shared/outgoing/callback-client.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { unreachable } from '../../shared/unreachable.ts';
import type { Dice } from './dice.ts';
import { MEASURE, SEGMENT, SOURCES, type Fact } from './source-script.ts';
import type { Run } from './stage.ts';

/** What a flow asks for beside its trigger. */
export interface Input {
  readonly threshold?: number;
  readonly dataSourceId?: string;
  readonly startedBy?: 'schedule' | 'user';
}

/** One save of a flow: it has a callback URL of its own. What the platform knows of its subscription. */
export interface Version {
  readonly flow: Flow;
  readonly url: string;
  readonly input: Input;
  /** The first subscribe left the platform. */
  sentAtMs?: number;
  /** The first 201 arrived. */
  subscribedAtMs?: number;
  subscriptionId?: string;
  deleteSentAtMs?: number;
  /** The 204 arrived. */
  deletedAtMs?: number;
  /** When an operator first asked to end it. */
  endSentAtMs?: number;
  /** The platform answers 404 for this version from here on. */
  staleFromMs?: number;
  /** Subscribes that the platform gave up. */
  abandoned: boolean;
  /** Subscribes that some worker is still at, answered in time or not, or that the platform will repeat. */
  openSubscribes: number;
  /** Saved again before the platform knew how this save ended: it keeps both. */
  overlapped: boolean;
  /** The operator saw that it was disabled, and nobody has done anything about it since. */
  disabledAtMs?: number | undefined;
  /** Whether it was disabled when the operator looked last. */
  isDisabled?: boolean;
  /** The operator recovered at the end whatever it had lost. */
  isRecovered?: boolean;
}

export interface Flow {
  readonly name: string;
  readonly trigger: Trigger;
  /** Absent: the platform did not say, and a save cannot be recognised as one. */
  readonly workflowId: string | undefined;
  /** Flows of different environments may have the same `workflowId`. */
  readonly environmentId: string | undefined;
  readonly versions: Version[];
  offFromMs?: number | undefined;
  /** When it was really off, from and until; the last one may go on. */
  readonly offSpans: { readonly fromMs: number; untilMs?: number }[];
  offForeverFromMs?: number;
  removedAtMs?: number;
  /** When somebody made it active again, by saving it, by subscribing once more or as an operator: from the request to its answer. */
  readonly resumes: { readonly fromMs: number; readonly atMs: number }[];
  /** The operator has brought deliveries of it forward, perhaps. */
  isTended?: boolean;
  /** A subscribe of an older version was still under way when a newer one came: who comes last is anybody's guess. */
  unruly: boolean;
  /** It subscribes, saves or unsubscribes at the moment. */
  isActing: boolean;
  /** Requests that some worker is at, answered in time or not. */
  openRuns: number;
  readonly troubles: readonly FlowFault[];
}

/** For a while the flow does not accept. */
export interface FlowFault {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly kind: 'http-500' | 'http-429' | 'refuses' | 'mismatch';
}

/** One callback, as the outside world saw it. */
export interface Post {
  readonly atMs: number;
  readonly run: Run;
  readonly version: Version;
  readonly webhookId: string;
  readonly body: string;
  readonly told: { readonly eventId: string; readonly subscriptionId: string; readonly occurredAt: string };
  /** What the flow said; absent when the request did not arrive (yet). */
  answer?: CallbackResponse;
  accepted: boolean;
  /** The worker was told otherwise than the flow decided. */
  answerLost: boolean;
  answeredAtMs?: number;
}

export function randomInput(dice: Dice, trigger: Trigger): Input {
  switch (trigger) {
    case 'segment-threshold-crossed':
    case 'measure-threshold-crossed':
      return { threshold: dice.pick([90, 100, 100, 110]) };
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded':
      return dice.chance(0.5) ? {} : { dataSourceId: dice.pick(SOURCES).id };
    case 'full-refresh-completed':
      return dice.pick([{}, { startedBy: 'schedule' }, { startedBy: 'user' }] as const);
    case 'unification-refresh-completed':
      return {};
    default:
      return unreachable(trigger);
  }
}

export function sameInput(one: Input, other: Input): boolean {
  return (
    one.threshold === other.threshold && one.dataSourceId === other.dataSourceId && one.startedBy === other.startedBy
  );
}

/** The body of the subscribe. */
export function requestOf(instanceId: string, { flow, input, url }: Version): object {
  const subject =
    flow.trigger === 'segment-threshold-crossed'
      ? { segmentName: SEGMENT }
      : flow.trigger === 'measure-threshold-crossed'
        ? { measureName: MEASURE }
        : {};
  return { instanceId, callbackUrl: url, ...subject, ...input };
}

/** Whether a fact is of the kind that was asked for: an edge from at most the threshold to above it. */
export function concernsInput(fact: Fact, trigger: Trigger, { threshold, dataSourceId, startedBy }: Input): boolean {
  if (fact.trigger !== trigger) return false;
  if (startedBy !== undefined && startedBy !== fact.startedBy) return false;
  if (fact.value !== undefined && fact.previousValue !== undefined && threshold !== undefined) {
    return fact.previousValue <= threshold && threshold < fact.value;
  }
  return dataSourceId === undefined || dataSourceId === fact.dataSourceId;
}

/** What the flow platform answers to a callback that arrives now. */
export function answerOf({ flow, staleFromMs }: Version, nowMs: number, dice: Dice): CallbackResponse {
  const answered = (status: number, more: { errorCode?: string; retryAfterMs?: number } = {}): CallbackResponse => ({
    kind: 'answered',
    status,
    durationMs: 5,
    ...more,
  });
  if (flow.removedAtMs !== undefined) return answered(404, { errorCode: 'WorkflowNotFound' });
  if (staleFromMs !== undefined && staleFromMs <= nowMs) {
    return answered(404, { errorCode: 'WorkflowTriggerVersionNotFound' });
  }
  if (flow.offFromMs !== undefined) return answered(400, { errorCode: 'WorkflowTriggerIsNotEnabled' });
  switch (flow.troubles.find(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)?.kind) {
    case 'http-500':
      return answered(500);
    case 'http-429':
      return answered(429, { retryAfterMs: dice.between(1, 600) * 1000 });
    case 'refuses':
      return answered(nowMs % 2 === 0 ? 401 : 404);
    case 'mismatch':
      return answered(400, { errorCode: 'TriggerInputSchemaMismatch' });
    case undefined:
      return answered(202);
  }
}
