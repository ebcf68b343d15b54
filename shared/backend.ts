import { allowsInstance } from './allowed-instances.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import { activityStore } from './deliveries/records/activity-store.ts';
import { fanOut, resumeOutbox, deliverChunk, enqueueEvents } from './deliveries/outbox/fan-out.ts';
import { attemptPermits } from './deliveries/attempt/attempt-permits.ts';
import {
  DELIVERIES_QUEUE,
  POLLS_QUEUE,
  RETRIES_QUEUE,
  pollMessage,
  type ChunkMessage,
  type PollMessage,
  type RetriesMessage,
} from './deliveries/messages.ts';
import { retryDelivery } from './deliveries/retry/retry.ts';
import { backfill, restartBackfill } from './deliveries/records/backfill.ts';
import { reconcile, type ReconcilePorts } from './deliveries/reconciler/reconcile.ts';
import { reconcileSubscription } from './deliveries/reconciler/reconcile-subscription.ts';
import { dropOldActivity } from './deliveries/records/retention.ts';
import type { ChunkPorts } from './deliveries/outbox/chunk-ports.ts';
import { instanceHealth } from './detection/instance-health.ts';
import { observationsOf } from './detection/observations.ts';
import { pollGroup, type PollGroupPorts } from './detection/poll-group.ts';
import { pollInstance, type PollPorts } from './detection/poll.ts';
import { previewThreshold } from './detection/preview.ts';
import { readSubject, type ReadSubjectPorts } from './detection/read-subject.ts';
import { pollTiming, schedulePolls } from './detection/schedule-polls.ts';
import { stateStore } from './detection/state-store.ts';
import { sweepInstances } from './detection/sweep.ts';
import { unreachableInstances } from './detection/unreachable-instances.ts';
import type { OutboxEntry } from './events/outbox-entry.ts';
import { takePermits, type CallPermits } from './insights/call-permits.ts';
import type { CustomerInsights } from './insights/customer-insights.ts';
import { explaining404 } from './insights/explained-404.ts';
import type { Log } from './log.ts';
import { listEvents } from './operations/event-list.ts';
import type { PageRequest } from './operations/newest-rows.ts';
import { createOperator, type Operator } from './operations/operator.ts';
import { reportQueues } from './operations/queues.ts';
import { auditLog, dropOldAudit, type AuditLog } from './operations/audit-log.ts';
import { enqueueOverdueNotice, notifyOperator, type NotifyOperatorPorts } from './operations/notify-operator.ts';
import { recoveryStore } from './operations/recovery.ts';
import { resumeRecovery, type ResumeRecoveryPorts } from './operations/resume-recovery.ts';
import { sendTest, sendTestTo, type SendTestPorts } from './operations/send-test.ts';
import type { CallbackClient } from './outgoing/callback-client.ts';
import type { Lookup } from './outgoing/lookup.ts';
import type { Refusal } from './problem.ts';
import type { Random } from './random.ts';
import { instanceCalls, instanceKey, instanceRule } from './rate-limit/instance-calls.ts';
import { rateLimiter, type RateLimiter } from './rate-limit/rate-limiter.ts';
import { dropOldWindows } from './rate-limit/old-windows.ts';
import { wideWindowMs, type RateRule } from './rate-limit/rate-window.ts';
import type { QueueDrain } from './storage/queue-drain.ts';
import type { Queues } from './storage/queues.ts';
import type { Tables } from './storage/tables.ts';
import { callbackCipher } from './subscriptions/callback-cipher.ts';
import { connectionStore } from './subscriptions/connection-store.ts';
import { instanceRegistry } from './subscriptions/instance-registry.ts';
import { getOwn, listOwn, type OwnSubscriptionsPorts } from './subscriptions/own-subscriptions.ts';
import { subscribe, type Subscribed, type SubscribePorts } from './subscriptions/subscribe.ts';
import type { Subscriber } from './subscriptions/subscription-draft.ts';
import { subscriptionStore } from './subscriptions/subscription-store.ts';
import type { Subscription } from './subscriptions/subscription.ts';
import { unsubscribe } from './subscriptions/unsubscribe.ts';
import { tracedQueues, handleMessage } from './telemetry/propagated-context.ts';
import type { Telemetry } from './telemetry/telemetry.ts';
import type { ThresholdTrigger, Trigger } from './triggers/trigger.ts';
import { unreachable } from './unreachable.ts';
import { workList } from './work/work-list.ts';

/** The ports to the outside, which a test or simulation may replace. */
export interface BackendPorts {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly queueDrain: QueueDrain;
  /** Customer Insights. Its calls take permits from `places`. */
  readonly insights: (places: CallPermits) => CustomerInsights;
  readonly client: CallbackClient;
  /** Calls the webhook of the operator. Default: `client`. */
  readonly operatorClient?: CallbackClient | undefined;
  /** Resolves the hosts of callback URLs. */
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Aborted as soon as the process starts to shut down. */
  readonly stopping?: AbortSignal | undefined;
}

/** What the functions call, one method each. A method rejects only when a dependency fails or for a bug. */
export interface Backend {
  subscribe(subscriber: Subscriber, trigger: Trigger, body: unknown): Promise<Subscribed | Refusal>;
  unsubscribe(connection: string, trigger: Trigger, id: string): Promise<void>;
  getOwn(connection: string, trigger: Trigger, id: string): ReturnType<typeof getOwn>;
  listOwn(connection: string, trigger: Trigger, page: { limit: number; next?: string }): ReturnType<typeof listOwn>;
  /** Reports when a trigger with a threshold would have fired. */
  previewThreshold(trigger: ThresholdTrigger, body: unknown): ReturnType<typeof previewThreshold>;
  /** Sends a test event to one subscription of the caller, by its id or label. */
  sendTest(connection: string, trigger: Trigger, idOrLabel: string): ReturnType<typeof sendTest>;
  /** The events of an instance that had recipients, newest first, without test events. */
  listEvents(instanceId: string, sinceMs: number, page: PageRequest): ReturnType<typeof listEvents>;
  readonly operator: Operator;
  /** What operators did. */
  readonly audit: AuditLog;
  /** Sends poll messages for all instances that have subscriptions. */
  schedulePolls(): Promise<void>;
  /** Polls all instances of a message. */
  pollInstance(message: PollMessage): Promise<void>;
  deliverChunk(message: ChunkMessage): Promise<void>;
  handleRetriesMessage(message: RetriesMessage): Promise<void>;
  /** Resumes all unfinished work that no worker is processing. */
  reconcile(): Promise<void>;
  sweep(): Promise<void>;
  /** Customer Insights for callers that wait for a response. Polls take precedence over them. */
  readonly insights: CustomerInsights;
  /** Permits for other calls to Customer Insights on behalf of such callers. */
  readonly callPermits: CallPermits;
  /** Limits the calls of each connection. */
  readonly limiter: RateLimiter;
}

export type BackendConfig = Pick<
  Config,
  | 'callbackPolicy'
  | 'encryptionKeys'
  | 'signingSecrets'
  | 'allowedInstances'
  | 'maxSubscriptionsPerConnection'
  | 'rateLimit'
  | 'claimMs'
  | 'deliveryScheduleSeconds'
  | 'operatorWebhook'
  | 'publicBaseUrl'
  | 'pollSchedule'
  | 'retentionMonths'
>;

/**
 * Attempts in flight per process. Each holds a socket and a few KiB, and one core cannot process more at
 * once.
 */
const ATTEMPTS_IN_FLIGHT = 256;
/**
 * Attempts in flight per subscription, because a flow that never responds holds its permit until the attempt
 * times out.
 */
const ATTEMPTS_OF_ONE = 4;
/**
 * Polls in progress per process. The host takes as many messages at once (host.json), and one message may
 * name several instances.
 */
const POLLS_AT_ONCE = 32;
/** Polls in progress per instance, so that an instance whose polls hang leaves permits to the others. */
const POLLS_OF_ONE = 2;
/** A function may run for 10 minutes (host.json), and a poll that starts last must finish in time. */
const LONGEST_WAIT_FOR_PERMIT_MS = 240_000;
/**
 * The clocks of two app instances in one Azure region differ by milliseconds. The window of a limit is
 * widened by more than that.
 */
const CLOCK_SKEW_MS = 1_000;
/** `Retry-After` is in whole seconds, so a finer grain has no use. */
const GRAIN_MS = 500;
export const VERSION = '0.9.0';
const USER_AGENT = `customer-insights-triggers/${VERSION}`;

/** Wires the domain to its ports. Opens nothing. */
export function createBackend(outside: BackendPorts, config: BackendConfig): Backend {
  const ports: BackendPorts = { ...outside, queues: tracedQueues(outside) };
  const { tables, queues, clock, random, log, telemetry } = ports;
  const rule = ruleOf(config.rateLimit);
  const limiter = rateLimiter({ ...ports, rule });
  const callRule = instanceRule(rule);
  const callLimiter = callRule === rule ? limiter : rateLimiter({ ...ports, rule: callRule });
  const calls = instanceCalls(callLimiter, { calls: callRule.calls, telemetry });
  const insightsWith = (places: CallPermits): CustomerInsights => explaining404(ports.insights(places));
  const insights = insightsWith(calls.ofActions);
  const store = subscriptionStore(tables);
  const connections = connectionStore(tables);
  const instances = instanceRegistry(tables);
  const state = stateStore(tables);
  const unreachableStore = unreachableInstances(tables);
  const activity = activityStore(tables);
  const cipher = callbackCipher(config.encryptionKeys);
  const sequenceOf = (subscription: Subscription): Promise<number | undefined> => state.sequenceOf(subscription);
  const outboxEntries = async (id: string): Promise<readonly OutboxEntry[]> => (await state.read(id)).outbox;
  const work = workList(tables);
  const release = ({ id }: Subscription): Promise<void> => {
    const message: RetriesMessage = { v: 1, kind: 'release', subscriptionId: id };
    return queues.send(RETRIES_QUEUE, message);
  };
  const notifiesOperator = config.operatorWebhook !== undefined;
  const notifying: NotifyOperatorPorts | undefined = config.operatorWebhook && {
    ...ports,
    store,
    client: ports.operatorClient ?? ports.client,
    userAgent: USER_AGENT,
    signingSecrets: config.signingSecrets,
    scheduleSeconds: config.deliveryScheduleSeconds,
    url: config.operatorWebhook.url,
    publicBaseUrl: config.publicBaseUrl,
  };
  const isAllowed = (instanceId: string): boolean => allowsInstance(config.allowedInstances, instanceId);
  const chunks: ChunkPorts = {
    ...ports,
    isAllowed,
    store,
    sequenceOf,
    activity,
    cipher,
    work,
    release,
    notifiesOperator,
    signingSecrets: config.signingSecrets,
    permits: attemptPermits(ATTEMPTS_IN_FLIGHT, ATTEMPTS_OF_ONE, ports.stopping),
    claimMs: config.claimMs,
    scheduleSeconds: config.deliveryScheduleSeconds,
    userAgent: USER_AGENT,
  };
  const reading: ReadSubjectPorts = {
    ...ports,
    state,
    insightsFor: async (instanceId, count) =>
      insightsWith(await takePermits(calls.ofActions, instanceId, count, 'the read of a subject')),
    enqueueEvents: (events) => enqueueEvents(chunks, events),
  };
  const subscribing: SubscribePorts = {
    store,
    connections,
    instances,
    cipher,
    clock,
    random,
    callbackPolicy: config.callbackPolicy,
    lookup: ports.lookup,
    allowedInstances: config.allowedInstances,
    maxSubscriptionsPerConnection: config.maxSubscriptionsPerConnection,
    readSubject: (subject) => readSubject(reading, subject),
    sequenceOf,
    work,
    release,
  };
  const recovering: ResumeRecoveryPorts = {
    ...ports,
    store,
    work,
    activity,
    isAllowed,
    recoveries: recoveryStore(tables),
    instanceIds: () => instances.ids(),
    retentionMonths: config.retentionMonths,
  };
  const reconciling: ReconcilePorts = {
    ...ports,
    ...subscribing,
    work,
    activity,
    outbox: outboxEntries,
    isAllowed,
    retentionMonths: config.retentionMonths,
    resumeRecovery: (recoveryId) => resumeRecovery(recovering, recoveryId),
    enqueueOverdueNotice: async (id) => (notifying ? enqueueOverdueNotice({ ...notifying, release }, id) : undefined),
  };
  const reconcileAndNotify = async (subscriptionId: string): Promise<void> => {
    await reconcileSubscription(reconciling, subscriptionId);
    const nextMs = notifying && (await notifyOperator(notifying, subscriptionId));
    if (nextMs === undefined) return;
    const message: RetriesMessage = { v: 1, kind: 'release', subscriptionId };
    await queues.send(RETRIES_QUEUE, message, { delayMs: Math.max(0, nextMs - clock.now()) });
  };
  const timing = pollTiming(config.pollSchedule, clock.now());
  const polling: PollPorts = {
    ...ports,
    insights: insightsWith(calls.ofPolls),
    isAllowed,
    state,
    unreachable: unreachableStore,
    fanOut: (events) => fanOut(chunks, events),
    resumeOutbox: (events) => resumeOutbox(chunks, events),
    pollLater: (instanceId, delayMs) =>
      queues.send(POLLS_QUEUE, pollMessage([instanceId]), { delayMs, timeToLiveMs: delayMs + timing.messageTtlMs }),
    restartBackfill: () => restartBackfill(ports),
    callWindowMs: wideWindowMs(rule),
  };
  const pollPorts: Omit<PollGroupPorts, 'poll'> = {
    clock,
    log,
    permits: attemptPermits(POLLS_AT_ONCE, POLLS_OF_ONE, ports.stopping),
    startWithinMs: Math.min(timing.messageTtlMs, LONGEST_WAIT_FOR_PERMIT_MS),
    pollAgain: (ids) => queues.send(POLLS_QUEUE, pollMessage(ids), { timeToLiveMs: timing.messageTtlMs }),
  };
  const own: OwnSubscriptionsPorts = {
    store,
    connections,
    isAllowed,
    subjectView: async (subscription) => ({
      ...(await state.subjectView(subscription)),
      isAllowed: isAllowed(subscription.instanceId),
    }),
  };
  const testing: SendTestPorts = {
    ...ports,
    store,
    isAllowed,
    enqueueEvents: (events) => enqueueEvents(chunks, events),
  };
  return {
    insights,
    callPermits: calls.ofActions,
    limiter,
    subscribe: (subscriber, trigger, body) => subscribe(subscribing, subscriber, trigger, body),
    unsubscribe: (connection, trigger, id) => unsubscribe(subscribing, connection, trigger, id),
    getOwn: (connection, trigger, id) => getOwn(own, connection, trigger, id),
    listOwn: (connection, trigger, page) => listOwn(own, connection, trigger, page),
    previewThreshold: (trigger, body) =>
      previewThreshold({ insights, clock, allowedInstances: config.allowedInstances }, trigger, body),
    sendTest: (connection, trigger, idOrLabel) => sendTest({ ...testing, connections }, connection, trigger, idOrLabel),
    listEvents: (instanceId, sinceMs, page) =>
      listEvents(ports, { instanceIds: [instanceId], sinceMs, withTests: false }, page),
    audit: auditLog(ports),
    operator: createOperator({
      ...ports,
      ...recovering,
      ...subscribing,
      ...own,
      notifiesOperator,
      sendTestTo: (subscription) => sendTestTo(testing, subscription),
      outbox: outboxEntries,
      activity,
      userAgent: USER_AGENT,
      isSigning: config.signingSecrets.length > 0,
      observationsOf: (subscription, days) => observationsOf({ insights, state, clock, isAllowed }, subscription, days),
      instanceHealth: async (instanceId) => ({
        ...(await instanceHealth(state, instanceId)),
        ...(rule.calls > 0 && {
          calls: {
            used: await callLimiter.used(instanceKey(instanceId)),
            limit: callRule.calls,
            windowSeconds: config.rateLimit.windowSeconds,
          },
        }),
      }),
      connectionCalls: async (connection) =>
        rule.calls === 0
          ? undefined
          : {
              used: await limiter.used(connection),
              limit: rule.calls,
              windowSeconds: config.rateLimit.windowSeconds,
            },
      pollMark: (instanceId) => state.pollMark(instanceId),
      namedInstances: () => insights.instances(),
    }),
    // Each poll begins its own trace, because one trace of all instances would be unreadable.
    schedulePolls: () =>
      telemetry.within(undefined, () =>
        schedulePolls({
          clock,
          log,
          timing,
          instanceIds: () => instances.ids(),
          send: (ids, timeToLiveMs) => queues.send(POLLS_QUEUE, pollMessage(ids), { timeToLiveMs }),
        }),
      ),
    pollInstance: (message) => {
      const { instanceId, others = [] } = message;
      const pollOne = (id: string): Promise<void> =>
        handleMessage(ports, POLLS_QUEUE, message, () => pollInstance(polling, id));
      // Each instance gets its own trace, because one trace of all instances would be unreadable.
      const poll = others.length === 0 ? pollOne : (id: string) => telemetry.within(undefined, () => pollOne(id));
      return pollGroup({ ...pollPorts, poll }, [instanceId, ...others]);
    },
    deliverChunk: (message) => handleMessage(ports, DELIVERIES_QUEUE, message, () => deliverChunk(chunks, message)),
    handleRetriesMessage: (message) =>
      handleMessage(ports, RETRIES_QUEUE, message, () => {
        switch (message.kind) {
          case 'retry':
            return retryDelivery(chunks, message);
          case 'release':
          case 'tidy':
            return reconcileAndNotify(message.subscriptionId);
          default:
            return unreachable(message);
        }
      }),
    async reconcile() {
      await backfill({ ...ports, activity, work });
      await reconcile(reconciling);
    },
    async sweep() {
      await sweepInstances({ tables, instances, state, clock, log });
      const polled = new Set((await instances.ids()).filter(isAllowed));
      await unreachableStore.keepOnly((instanceId) => polled.has(instanceId));
      await dropOldActivity({ ...ports, retentionMonths: config.retentionMonths });
      await dropOldAudit({ ...ports, retentionMonths: config.retentionMonths });
      await dropOldWindows({ tables, clock, rule });
      await reportQueues(ports);
    },
  };
}

function ruleOf({ calls, windowSeconds }: BackendConfig['rateLimit']): RateRule {
  return { calls, windowMs: windowSeconds * 1000, skewMs: CLOCK_SKEW_MS, grainMs: GRAIN_MS };
}
