import type { CallbackResponse } from '../../shared/outgoing/callback-client.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { unreachable } from '../../shared/unreachable.ts';
import type { Dice } from './dice.ts';
import type { Names } from './names.ts';
import type { Fact } from './fact.ts';
import type { Run } from './stage.ts';

/** The inputs of a flow's trigger. */
export interface Input {
  readonly threshold?: number;
  readonly dataSourceId?: string;
  readonly startedBy?: 'schedule' | 'user';
}

/**
 * One save of a flow, with its own callback URL, and what the platform knows of its subscription.
 */
export interface Version {
  readonly flow: Flow;
  readonly url: string;
  readonly input: Input;
  /** When the first subscribe request was sent. */
  sentAtMs?: number;
  /** When the first 201 arrived. */
  subscribedAtMs?: number;
  subscriptionId?: string;
  deleteSentAtMs?: number;
  /** When the 204 arrived. */
  deletedAtMs?: number;
  /** When an operator first requested its end. */
  endSentAtMs?: number;
  /** From when on the platform responds 404 for this version. */
  staleFromMs?: number;
  /** Whether the platform gave up its subscribe request. */
  abandoned: boolean;
  /** Subscribe requests that a worker still processes, or that the platform will repeat. */
  openSubscribes: number;
  /**
   * Whether it was saved again before the platform knew the result of this save. The platform then
   * keeps both.
   */
  overlapped: boolean;
  /** When an operator saw that it was disabled. Unset once somebody has acted on that. */
  disabledAtMs?: number | undefined;
  /**
   * Whether open jobs may have been left out when the subscribe request read the jobs. Refreshes
   * that ended before then count as new.
   */
  isReadInPart?: boolean;
  /** Whether it was disabled at the operator's last check. */
  isDisabled?: boolean;
  /** Whether the operator recovered its lost deliveries at the end. */
  isRecovered?: boolean;
}

export interface Flow {
  readonly name: string;
  /** Its position among the flows. */
  readonly index: number;
  /** The position of its instance in `Names`. */
  readonly instance: number;
  readonly trigger: Trigger;
  /** Absent when the platform sends none. A save cannot be recognised as one then. */
  readonly workflowId: string | undefined;
  /** Flows of different environments may have the same `workflowId`. */
  readonly environmentId: string | undefined;
  readonly versions: Version[];
  offFromMs?: number | undefined;
  /** The periods in which it was turned off. The last one may not have ended. */
  readonly offSpans: { readonly fromMs: number; untilMs?: number }[];
  offForeverFromMs?: number;
  removedAtMs?: number;
  /**
   * From the request to the response of each action that makes it active again: a save, a repeated
   * subscribe, or a resume by an operator.
   */
  readonly resumes: { readonly fromMs: number; readonly atMs: number }[];
  /** Whether an operator may have brought its deliveries forward. */
  isTended?: boolean;
  /**
   * Whether the subscribe of an older version was in progress when a newer one arrived. Either may
   * win.
   */
  unruly: boolean;
  /** Whether it subscribes, saves or unsubscribes now. */
  isActing: boolean;
  /** Requests that a worker still processes, whether the platform has a response or not. */
  openRuns: number;
  readonly faults: readonly FlowFault[];
}

/** A period in which the flow does not accept callbacks. */
export interface FlowFault {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly kind: 'http-500' | 'http-429' | 'refuses' | 'mismatch';
}

/** One callback, as an observer outside the app sees it. */
export interface Post {
  readonly atMs: number;
  readonly run: Run;
  readonly version: Version;
  readonly webhookId: string;
  readonly body: string;
  readonly callback: { readonly eventId: string; readonly subscriptionId: string; readonly occurredAt: string };
  /** The response of the flow. Absent until the request has arrived. */
  answer?: CallbackResponse;
  accepted: boolean;
  /** Whether the worker received another outcome than the flow decided. */
  answerLost: boolean;
  answeredAtMs?: number;
}

export function randomInput(dice: Dice, trigger: Trigger, { sources }: Names): Input {
  switch (trigger) {
    case 'segment-threshold-crossed':
    case 'measure-threshold-crossed':
      return { threshold: dice.pick([90, 100, 100, 110]) };
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded':
      return dice.chance(0.5) ? {} : { dataSourceId: dice.pick(sources).id };
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

/** The body of the subscribe request. */
export function requestOf(names: Names, { flow, input, url }: Version): object {
  const subject =
    flow.trigger === 'segment-threshold-crossed'
      ? { segmentName: names.segment }
      : flow.trigger === 'measure-threshold-crossed'
        ? { measureName: names.measure }
        : {};
  return { instanceId: names.instances[flow.instance], callbackUrl: url, ...subject, ...input };
}

/** Whether a fact matches the flow and the input: a rise from at most the threshold to above it. */
export function concernsInput(fact: Fact, flow: Flow, { threshold, dataSourceId, startedBy }: Input): boolean {
  if (fact.trigger !== flow.trigger || fact.instance !== flow.instance) return false;
  if (startedBy !== undefined && startedBy !== fact.startedBy) return false;
  if (fact.value !== undefined && fact.previousValue !== undefined && threshold !== undefined) {
    return fact.previousValue <= threshold && threshold < fact.value;
  }
  return dataSourceId === undefined || dataSourceId === fact.dataSourceId;
}

/** The response of the flow platform to a callback that arrives now. */
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
  switch (flow.faults.find(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs)?.kind) {
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
