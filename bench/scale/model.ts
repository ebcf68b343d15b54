import { instancesPerMessage } from '../../shared/detection/schedule-polls.ts';
import { limits } from './limits.ts';
import { prices } from './prices.ts';

/** One size of an installation. */
export interface Load {
  readonly subscriptions: number;
  readonly instances: number;
  /** Subscriptions to the segment or measure with the most of them. They are in one partition. */
  readonly largestSubject: number;
  /** The average number of recipients of an event. */
  readonly fanOut: number;
  readonly eventsPerDay: number;
}

/**
 * Storage requests of each step, as counted by `tests/costs.test.ts` and listed in
 * docs/architecture.md.
 */
export interface StepCosts {
  readonly timer: number;
  readonly idlePoll: number;
  readonly crossingOf1: number;
  readonly crossingOf1000: number;
  readonly failure: number;
  readonly retrySucceeds: number;
}

export interface Estimate {
  readonly requestsPerSecond: number;
  readonly peakRequestsPerSecond: number;
  readonly peakMessagesPerSecond: number;
  /**
   * How long it takes to read the subscriptions of the largest subject at the limit of a partition.
   */
  readonly largestSubjectSeconds: number;
  readonly executionsPerMonth: number;
  readonly dollarsPerMonth: number;
  readonly first: Limit;
}

/** The limit with the highest utilisation. */
export interface Limit {
  readonly name:
    'requests of the account' | 'rows of a partition' | 'messages of a queue' | 'calls to Customer Insights';
  readonly used: number;
}

/** Assumptions beside the counts, each with its reason. */
export const assumptions = {
  /** Refreshes and evaluations cluster, so the busiest hour has a quarter of a day's events. */
  peakHourShare: 0.25,
  /** Flows are saved, throttled or unavailable, so 1 of 100 first attempts is retried once. */
  retriedShare: 0.01,
  /** Calls to Customer Insights per poll: one for each list, when all three have subscriptions. */
  callsPerPoll: 3,
  /** A poll, or a chunk of 250 flows that respond within a second. At least 1 s is billed. */
  secondsPerInvocation: 1,
  /** Concurrent invocations of a function per app instance (host.json). */
  invocationsAtOnce: 32,
  /**
   * Concurrent polls per app instance, regardless of the number of their messages
   * (`shared/backend.ts`).
   */
  pollsAtOnce: 32,
  instanceGB: 2,
  /** A row with its keys and a flow's encrypted URL. */
  bytesPerSubscription: 2_000,
  /** The outcome of a delivery in the row of its chunk, kept for four months at most. */
  bytesPerDelivery: 60,
  /** The log line of an attempt. */
  loggedBytesPerDelivery: 700,
  /** One app instance of the function polls an idle queue once a second. */
  idleQueueRequestsPerSecond: 3,
} as const;

const CHUNK = 250;
const SECONDS_PER_DAY = 86_400;
const DAYS_PER_MONTH = 30;
const POLLS_PER_DAY = 1_440;
/** The host receives and deletes each message, in addition to the request that sent it. */
const HOST_REQUESTS_PER_MESSAGE = 2;

/** The requests and costs of a load on Azure. Pure: counts in, sums out. */
export function estimate(load: Load, costs: StepCosts): Estimate {
  const { instances, fanOut, eventsPerDay, largestSubject, subscriptions } = load;
  const polls = instances * POLLS_PER_DAY;
  const pollMessages = POLLS_PER_DAY * Math.ceil(instances / instancesPerMessage(instances));
  const chunks = Math.ceil(fanOut / CHUNK);
  const deliveries = eventsPerDay * fanOut;
  const retries = deliveries * assumptions.retriedShare;
  // A poll processes up to 16 chunks itself.
  const chunkMessages = chunks > 16 ? eventsPerDay * (chunks - 1) : 0;
  // The timer reads the list of instances, a thousand per request, and sends their messages.
  const pollRequests =
    POLLS_PER_DAY * (costs.timer - 2 + Math.ceil(instances / 1_000)) + pollMessages + polls * costs.idlePoll;
  const eventRequests =
    eventsPerDay * requestsOfEvent(chunks, costs) + retries * (costs.failure - costs.crossingOf1 + costs.retrySucceeds);
  const hostRequests = HOST_REQUESTS_PER_MESSAGE * (pollMessages + chunkMessages + retries);
  const sends = pollMessages + chunkMessages + retries;
  const idle = assumptions.idleQueueRequestsPerSecond * SECONDS_PER_DAY;
  const perDay = pollRequests + eventRequests + hostRequests + idle;
  const peak = (assumptions.peakHourShare * 24 - 1) / SECONDS_PER_DAY;
  const requestsPerSecond = perDay / SECONDS_PER_DAY;
  const peakRequestsPerSecond =
    requestsPerSecond + peak * (eventRequests + HOST_REQUESTS_PER_MESSAGE * (chunkMessages + retries));
  const peakMessagesPerSecond = Math.max(
    pollMessages / SECONDS_PER_DAY,
    (assumptions.peakHourShare * Math.max(chunkMessages, retries)) / 3_600,
  );
  const largestSubjectSeconds = largestSubject / limits.rowsPerSecondOfPartition;
  const executions = pollMessages + POLLS_PER_DAY + 24 + chunkMessages + retries;
  return {
    requestsPerSecond,
    peakRequestsPerSecond,
    peakMessagesPerSecond,
    largestSubjectSeconds,
    executionsPerMonth: executions * DAYS_PER_MONTH,
    dollarsPerMonth: dollars({
      tableRequests: perDay - hostRequests - idle - sends,
      queueRequests: hostRequests + idle + sends,
      executions,
      busySeconds:
        POLLS_PER_DAY * Math.ceil(instances / assumptions.pollsAtOnce) * assumptions.secondsPerInvocation +
        POLLS_PER_DAY +
        busySeconds(chunkMessages) +
        busySeconds(retries),
      storedGB:
        (subscriptions * assumptions.bytesPerSubscription +
          deliveries * DAYS_PER_MONTH * 4 * assumptions.bytesPerDelivery) /
        1e9,
      loggedGB: (deliveries * DAYS_PER_MONTH * assumptions.loggedBytesPerDelivery) / 1e9,
    }),
    first: firstLimit({ peakRequestsPerSecond, peakMessagesPerSecond, largestSubjectSeconds }),
  };
}

/**
 * How long the app instances of one function are busy per day. Rare invocations run one after the
 * other, frequent ones concurrently.
 */
function busySeconds(invocationsPerDay: number): number {
  const atOnce = (invocationsPerDay * assumptions.secondsPerInvocation) / SECONDS_PER_DAY;
  return SECONDS_PER_DAY * (atOnce < 1 ? atOnce : Math.max(1, atOnce / assumptions.invocationsAtOnce));
}

/** Interpolates between the two measured values, for one chunk and for four. */
function requestsOfEvent(chunks: number, costs: StepCosts): number {
  const one = costs.crossingOf1 - costs.idlePoll;
  const four = costs.crossingOf1000 - costs.idlePoll;
  return one + ((chunks - 1) * (four - one)) / 3;
}

function dollars(perDay: {
  readonly tableRequests: number;
  readonly queueRequests: number;
  readonly executions: number;
  readonly busySeconds: number;
  readonly storedGB: number;
  readonly loggedGB: number;
}): number {
  const { functions, tables, queues, logs } = prices;
  const beyond = (used: number, free: number): number => Math.max(0, used - free);
  return (
    (perDay.tableRequests * DAYS_PER_MONTH * tables.per10kRequests) / 1e4 +
    (perDay.queueRequests * DAYS_PER_MONTH * queues.per10kRequests) / 1e4 +
    perDay.storedGB * tables.perGBMonth +
    beyond(perDay.loggedGB, logs.freeGB) * logs.perGB +
    beyond(perDay.busySeconds * DAYS_PER_MONTH * assumptions.instanceGB, functions.freeGBSeconds) *
      functions.perGBSecond +
    (beyond(perDay.executions * DAYS_PER_MONTH, functions.freeExecutions) * functions.perMillionExecutions) / 1e6
  );
}

/** The recipients of an event should be read before the next poll, within a minute. */
const RECIPIENTS_SECONDS = 60;

function firstLimit(
  peak: Pick<Estimate, 'peakRequestsPerSecond' | 'peakMessagesPerSecond' | 'largestSubjectSeconds'>,
): Limit {
  const all: readonly Limit[] = [
    { name: 'calls to Customer Insights', used: assumptions.callsPerPoll / limits.insightsCallsForPolls },
    { name: 'requests of the account', used: peak.peakRequestsPerSecond / limits.requestsPerSecondOfAccount },
    { name: 'messages of a queue', used: peak.peakMessagesPerSecond / limits.messagesPerSecondOfQueue },
    { name: 'rows of a partition', used: peak.largestSubjectSeconds / RECIPIENTS_SECONDS },
  ];
  return all.reduce((most, limit) => (limit.used > most.used ? limit : most));
}
