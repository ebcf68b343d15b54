import type { CallbackCall } from './flow-platform/call-log.ts';
import type { Flow, FlowDefinition } from './flow-platform/flow.ts';
import type { TriggerSegment } from './flow-platform/notification-schemas.ts';
import type { Stack } from './stack.ts';

/** The state that the steps of one run share. */
export interface Stage {
  readonly stack: Stack;
  /** One entry for each trigger that fired, added by the steps. */
  readonly timings: Timing[];
}

/** How long an event took, in ms. */
export interface Timing {
  readonly trigger: TriggerSegment;
  /** From the change in Customer Insights to the callback received. */
  readonly changeToCallbackMs: number;
  /** From the start of the poll that found it to the callback received. */
  readonly pollToCallbackMs: number;
}

export type Verdict = { readonly kind: 'passed' } | { readonly kind: 'failed'; readonly reason: string };

/** One step of the run. Steps build on each other, so each runs once and in order. */
export interface Step {
  /** What the step checks, as a sentence without a full stop. */
  readonly sentence: string;
  /** Rejects when a dependency does not respond. */
  readonly run: (stage: Stage) => Promise<Verdict>;
}

export const passed: Verdict = { kind: 'passed' };

export function failed(reason: string): Verdict {
  return { kind: 'failed', reason };
}

/**
 * The poll that finds a change is followed by two more, which must find nothing. A duplicate would
 * be sent by then.
 */
const FURTHER_POLLS = 2;

export function openStage(stack: Stack): Stage {
  return { stack, timings: [] };
}

/**
 * The flow with this name, created and saved when there is none. Rejects when the backend refuses
 * its subscription.
 */
export async function savedFlow({ stack }: Stage, definition: FlowDefinition): Promise<Flow> {
  const known = stack.flows.flows.find((flow) => flow.definition.name === definition.name);
  if (known) return known;
  const flow = stack.flows.createFlow(definition);
  const answer = await flow.save();
  if (answer.kind === 'answered' && answer.status === 201 && answer.location !== undefined) return flow;
  throw new Error(`"${definition.name}" could not subscribe: ${JSON.stringify(answer)}`);
}

/** The effect of a change. */
export interface Aftermath {
  readonly verdict: Verdict;
  readonly changedAtMs: number;
  /** When the poll after the change began. */
  readonly polledAtMs: number;
  readonly calls: readonly CallbackCall[];
}

/**
 * Makes a change, polls, and polls again. The check succeeds when these flows and no others were
 * called, each once and with a payload that the platform accepted.
 */
export async function after(stage: Stage, makeChange: () => unknown, called: readonly Flow[]): Promise<Aftermath> {
  const { host, flows } = stage.stack;
  const before = flows.calls.length;
  const changedAtMs = Date.now();
  makeChange();
  const polls = [await host.poll()];
  for (let further = 0; further < FURTHER_POLLS; further++) polls.push(await host.poll());
  const calls = flows.calls.slice(before);
  const hasFailure = polls.some(({ succeeded }) => !succeeded);
  return {
    verdict: hasFailure ? failed('a poll failed') : compare(calls, called, flows.flows),
    changedAtMs,
    polledAtMs: polls[0]?.startedAtMs ?? NaN,
    calls,
  };
}

function compare(calls: readonly CallbackCall[], called: readonly Flow[], flows: readonly Flow[]): Verdict {
  const refused = calls.find(({ answer }) => answer.kind !== 'accept');
  if (refused) return failed(`a callback was answered ${JSON.stringify(refused.answer)}`);
  const wrong = flows.flatMap((flow) => {
    const times = calls.filter(({ flowId }) => flowId === flow.id).length;
    const expected = called.includes(flow) ? 1 : 0;
    return times === expected ? [] : [`"${flow.definition.name}" was called ${times} times instead of ${expected}`];
  });
  return wrong.length === 0 ? passed : failed(wrong.join(', '));
}
