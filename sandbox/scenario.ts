import { firstTour } from './first-tour.ts';
import type { TriggerSegment } from './flow-platform/notification-schemas.ts';
import { rules } from './scenario-rules.ts';
import { after, failed, passed, savedFlow } from './scenario-stage.ts';
import type { Stage, Step } from './scenario-stage.ts';

/**
 * As in the tour, except for the flow for scheduled refreshes, because one rule starts a full
 * refresh manually, which must not call it.
 */
const tour = firstTour.map((stop) =>
  stop.flow.trigger === 'full-refresh-completed'
    ? { ...stop, flow: { ...stop.flow, input: { ...stop.flow.input, startedBy: 'schedule' } } }
    : stop,
);

const subscribing: Step = {
  sentence: 'six flows subscribe, one for each trigger',
  run: async (stage) => {
    for (const { flow } of tour) await savedFlow(stage, flow);
    return passed;
  },
};

const firing: readonly Step[] = tour.map(({ flow: definition, change, makeChange }) => ({
  sentence: `${definition.trigger} fires once: ${change}`,
  run: async (stage) => {
    const flow = await savedFlow(stage, definition);
    const { verdict, calls, changedAtMs, polledAtMs } = await after(
      stage,
      () => makeChange(stage.stack.insights.control),
      [flow],
    );
    for (const { receivedAtMs } of calls.slice(0, 1)) {
      stage.timings.push({
        trigger: definition.trigger,
        changeToCallbackMs: receivedAtMs - changedAtMs,
        pollToCallbackMs: receivedAtMs - polledAtMs,
      });
    }
    return verdict;
  },
}));

/** Events and callbacks of one flow in the whole run. */
export interface Count {
  readonly trigger: TriggerSegment;
  readonly events: number;
  readonly callbacks: number;
}

/** Counts the callbacks that reached each of the flows, whatever the responses were. */
export function countsOf({ stack }: Stage): Count[] {
  return tour.map(({ flow: { name, trigger } }) => {
    const calls = stack.flows.flows.find(({ definition }) => definition.name === name)?.calls ?? [];
    const events = new Set(calls.map(({ body }) => (body as { eventId?: unknown }).eventId));
    return { trigger, events: events.size, callbacks: calls.length };
  });
}

const counting: Step = {
  sentence: 'in the whole run each of the six flows had exactly one event and one callback',
  run: (stage) => {
    const wrong = countsOf(stage).filter(({ events, callbacks }) => events !== 1 || callbacks !== 1);
    const reasons = wrong.map(({ trigger, events, callbacks }) => `${trigger}: ${events} and ${callbacks}`);
    return Promise.resolve(wrong.length === 0 ? passed : failed(reasons.join(', ')));
  },
};

/**
 * The scripted run: all triggers, then changes that must not fire, and changes that must fire once.
 */
export const scenario: readonly Step[] = [subscribing, ...firing, ...rules, counting];
