import { allowsInstance } from '../allowed-instances.ts';
import { attemptPermits } from '../deliveries/attempt/attempt-permits.ts';
import { POLLS_QUEUE, pollMessage, type PollMessage } from '../deliveries/messages.ts';
import { restartBackfill } from '../deliveries/records/backfill.ts';
import { instanceHealth } from '../detection/instance-health.ts';
import { observationsOf } from '../detection/observations.ts';
import { pollGroup } from '../detection/poll-group.ts';
import { pollInstance, type PollPorts } from '../detection/poll.ts';
import { previewThreshold } from '../detection/preview.ts';
import type { ReadSubjectPorts } from '../detection/observe-subject.ts';
import { readSubject } from '../detection/read-subject.ts';
import { pollTiming, schedulePolls } from '../detection/schedule-polls.ts';
import { sweepInstances } from '../detection/sweep.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { handleMessage } from '../telemetry/propagated-context.ts';
import type { Subject } from '../triggers/subject.ts';
import type { ThresholdTrigger } from '../triggers/trigger.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Deliveries } from './compose-deliveries.ts';
import type { Insights } from './compose-insights.ts';
import type { Limits } from './compose-limits.ts';
import type { Stores } from './compose-stores.ts';

/**
 * Maximum number of polls in progress per process. The functions host processes the same number of
 * messages at a time (host.json), but a message may name several instances.
 */
const POLLS_AT_ONCE = 32;
/**
 * Maximum number of polls in progress per instance, so that an instance whose polls hang leaves
 * permits to the others.
 */
const POLLS_PER_INSTANCE = 2;
/**
 * How long a poll waits for a permit at most. A function may run for 10 minutes (host.json), and a
 * poll that starts late must still finish in time.
 */
const LONGEST_WAIT_FOR_PERMIT_MS = 240_000;

export type Detection = ReturnType<typeof composeDetection>;

/** Wires up polls, and the reading of single subjects for requests. */
export function composeDetection(
  ports: BackendPorts,
  { stores, limits, insights, deliveries }: DetectionParts,
  config: BackendConfig,
) {
  const { tables, queues, clock, random, log, telemetry, stopping } = ports;
  // `unreachable`: the instances with a list that cannot be read.
  const { state, instances, unreachable } = stores;
  const isAllowed = (instanceId: string): boolean => allowsInstance(config.allowedInstances, instanceId);
  const timing = pollTiming(config.pollSchedule, clock.now());
  const reading: ReadSubjectPorts = {
    clock,
    random,
    log,
    state,
    insightsFor: insights.ofRead,
    enqueueEvents: deliveries.enqueueEvents,
    registerInstance: (instanceId) => instances.register(instanceId),
  };
  const polling: PollPorts = {
    clock,
    random,
    log,
    telemetry,
    insights: insights.ofPolls,
    isAllowed,
    state,
    unreachable,
    fanOut: deliveries.fanOut,
    resumeOutbox: deliveries.resumeOutbox,
    // For a poll that ran out of call permits.
    pollLater: (instanceId, delayMs) =>
      queues.send(POLLS_QUEUE, pollMessage([instanceId]), { delayMs, timeToLiveMs: delayMs + timing.messageTtlMs }),
    // The previous release (0.9.0) made the last poll: its delivery records need index rows.
    restartBackfill: () => restartBackfill({ tables, clock }),
    callWindowMs: limits.callWindowMs,
  };
  // A second limiter of the kind that attempts use, for polls. It counts per instance instead of
  // per subscription.
  const permits = attemptPermits(POLLS_AT_ONCE, POLLS_PER_INSTANCE, stopping);
  const startWithinMs = Math.min(timing.messageTtlMs, LONGEST_WAIT_FOR_PERMIT_MS);
  const send = (ids: readonly [string, ...string[]], timeToLiveMs: number): Promise<void> =>
    queues.send(POLLS_QUEUE, pollMessage(ids), { timeToLiveMs });
  return {
    /** Reads a subject for a subscribe request. */
    readSubject: (subject: Subject) => readSubject(reading, subject),
    /** Reports when a trigger with a given threshold would have fired. */
    previewThreshold: (trigger: ThresholdTrigger, body: unknown) =>
      previewThreshold(
        { insights: insights.ofRequests, clock, allowedInstances: config.allowedInstances },
        trigger,
        body,
      ),
    /** The values of a subscription's subject over the last days. */
    observationsOf: (subscription: Subscription, days: number) =>
      observationsOf({ insights: insights.ofRequests, state, clock, isAllowed }, subscription, days),
    instanceHealth: (instanceId: string) => instanceHealth(state, instanceId),
    /** Sends poll messages for all instances that have subscriptions. */
    schedulePolls: () =>
      // Each poll begins its own trace, because one trace of all instances would be unreadable.
      telemetry.within(undefined, () =>
        schedulePolls({ clock, log, timing, instanceIds: () => instances.ids(), send }),
      ),
    /** Polls all instances of a message. */
    pollInstance: (message: PollMessage) => {
      const { instanceId, others = [] } = message;
      const pollOne = (id: string): Promise<void> =>
        handleMessage({ telemetry, clock }, POLLS_QUEUE, message, () => pollInstance(polling, id));
      // Each instance gets its own trace, because one trace of all instances would be unreadable.
      const poll = others.length === 0 ? pollOne : (id: string) => telemetry.within(undefined, () => pollOne(id));
      const pollAgain = (ids: readonly [string, ...string[]]): Promise<void> => send(ids, timing.messageTtlMs);
      return pollGroup({ clock, log, permits, startWithinMs, pollAgain, poll }, [instanceId, ...others]);
    },
    /**
     * Removes the stored state of subjects without subscriptions, and instances that have nothing
     * left to poll.
     */
    sweepInstances: async (): Promise<void> => {
      await sweepInstances({ tables, instances, state, clock, log });
      const polled = new Set((await instances.ids()).filter(isAllowed));
      await unreachable.keepOnly((instanceId) => polled.has(instanceId));
    },
  };
}

interface DetectionParts {
  readonly stores: Stores;
  readonly limits: Limits;
  readonly insights: Insights;
  readonly deliveries: Deliveries;
}
