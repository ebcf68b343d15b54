import { createBackend, type Backend } from '../../shared/backend.ts';
import type { BackendConfig, BackendPorts } from '../../shared/composition/backend-ports.ts';
import type { CustomerInsights } from '../../shared/insights/customer-insights.ts';
import {
  memoryCustomerInsights,
  type MemoryCustomerInsights,
  type MemoryInstance,
} from '../../shared/insights/memory-customer-insights.ts';
import { silentLog, type Log } from '../../shared/log.ts';
import type { CallbackResponse, CallbackClient, CallbackRequest } from '../../shared/outgoing/callback-client.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import type { Lookup } from '../../shared/outgoing/lookup.ts';
import type { Random } from '../../shared/random.ts';
import { createMemoryQueueDrain } from '../../shared/storage/memory-queue-drain.ts';
import { createMemoryQueues, type MemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { subscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import { noTelemetry, type Telemetry } from '../../shared/telemetry/telemetry.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { limitedInsights } from './limited-insights.ts';
import { nextPassMs } from './next-pass.ts';
import { manualClock, type ManualClock } from './manual-clock.ts';

/** By the default of `RECONCILE_SCHEDULE`. */
const RECONCILED_EVERY_MS = 3 * 60_000;
export const INSTANCE = '11111111-2222-3333-4444-555555555555';

/** What a flow was sent. */
export interface Call {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface MemoryBackend {
  readonly backend: Backend;
  readonly clock: ManualClock;
  readonly insights: MemoryCustomerInsights;
  readonly data: MemoryInstance;
  readonly queues: MemoryQueues;
  readonly tables: Tables;
  /** Everything that was POSTed, in order. */
  readonly calls: Call[];
  /** What a callback URL answers; 202 unless set. */
  readonly answers: Map<string, () => CallbackResponse | Promise<CallbackResponse>>;
  /** Subscribes and expects it to succeed. */
  subscribe(
    trigger: Trigger,
    input: Record<string, unknown>,
    subscriber?: Partial<Subscriber>,
  ): Promise<SubscriptionView>;
  /** Polls the instance, then handles every message that is due. */
  poll(): Promise<void>;
  /**
   * Lets time pass, handling each message when it becomes due, and with the passes of the
   * reconciler.
   */
  pass(ms: number): Promise<void>;
  /** Handles the messages that are due, and those that come of them. */
  drain(): Promise<void>;
}

export interface MemoryBackendOptions {
  readonly config?: Partial<BackendConfig>;
  readonly tables?: Tables;
  readonly log?: Log;
  readonly clock?: ManualClock;
  /** Whether the reconciler has its passes while time goes by; true unless given. */
  readonly isReconciling?: boolean;
  /** Of another process, to work its messages. */
  readonly queues?: MemoryQueues;
  readonly stopping?: AbortSignal;
  /** In the place of the instance in memory. */
  readonly insights?: CustomerInsights;
  /** What host names resolve to; nothing unless given. */
  readonly lookup?: Lookup;
  /** Made for the clock of this backend. */
  readonly telemetry?: (clock: ManualClock) => Telemetry;
}

export const accepted: CallbackResponse = { kind: 'answered', status: 202, durationMs: 5 };
export const answered = (status: number, errorCode?: string): CallbackResponse => ({
  kind: 'answered',
  status,
  durationMs: 5,
  ...(errorCode !== undefined && { errorCode }),
});

/** The whole backend over memory: no network, no time but the clock's. */
export function memoryBackend(options: MemoryBackendOptions = {}): MemoryBackend {
  const clock = options.clock ?? manualClock();
  const insights = memoryCustomerInsights({ clock });
  const data = insights.hold({ instance: { instanceId: INSTANCE, name: 'Contoso', instanceType: 'production' } });
  const queues = options.queues ?? createMemoryQueues({ clock });
  const tables = options.tables ?? createMemoryTables();
  const calls: Call[] = [];
  const answers: MemoryBackend['answers'] = new Map();
  const client: CallbackClient = {
    post: async ({ url, headers, body }: CallbackRequest) => {
      calls.push({ url, headers, body: JSON.parse(body) as Call['body'] });
      return (await answers.get(url)?.()) ?? accepted;
    },
    close: () => Promise.resolve(),
  };
  const fixture: BackendPorts = {
    tables,
    queues,
    queueDrain: createMemoryQueueDrain({ queues, clock }),
    insights: (permits) => limitedInsights(options.insights ?? insights, permits),
    client,
    lookup: options.lookup ?? (() => Promise.resolve([])),
    clock,
    random: countingRandom(),
    log: options.log ?? silentLog,
    telemetry: options.telemetry?.(clock) ?? noTelemetry,
    stopping: options.stopping,
  };
  const backend = createBackend(fixture, {
    callbackPolicy: { allowedHosts: ['.flows.example.org'], allowedNetworks: parseNetworks('') },
    encryptionKeys: [{ kid: 'test', key: Buffer.alloc(32, 7) }],
    signingSecrets: [],
    allowedInstances: new Set(),
    maxSubscriptionsPerConnection: 100_000,
    rateLimit: { calls: 0, windowSeconds: 60 },
    claimMs: 120_000,
    deliveryScheduleSeconds: [5, 30, 300],
    pollSchedule: '0 * * * * *',
    retentionMonths: 3,
    operatorWebhook: undefined,
    publicBaseUrl: 'https://triggers.example.org',
    ...options.config,
  });

  const drain = async (): Promise<void> => {
    for (;;) {
      const handled = await Promise.all([
        take(queues, 'polls', clock, (message) => backend.pollInstance(message as never)),
        take(queues, 'deliveries', clock, (message) => backend.deliverChunk(message as never)),
        take(queues, 'retries', clock, (message) => backend.handleRetriesMessage(message as never)),
      ]);
      if (!handled.includes(true)) return;
    }
  };
  const isReconciling = options.isReconciling ?? true;
  const pass = async (ms: number): Promise<void> => {
    const untilMs = clock.now() + ms;
    for (;;) {
      await drain();
      const next = Math.min(
        ...['polls', 'deliveries', 'retries'].flatMap((queue) =>
          queues.waiting(queue).map(({ visibleAt }) => visibleAt),
        ),
      );
      const reconciles = isReconciling ? await nextPassMs(tables, clock.now(), RECONCILED_EVERY_MS) : Infinity;
      const soonest = Math.min(next, reconciles);
      if (soonest > untilMs) break;
      await clock.advance(Math.max(0, soonest - clock.now()));
      if (soonest === reconciles) await backend.reconcile();
    }
    await clock.advance(untilMs - clock.now());
  };
  return {
    backend,
    clock,
    insights,
    data,
    queues,
    tables,
    calls,
    answers,
    drain,
    pass,
    async subscribe(trigger, input, subscriber = {}) {
      const who: Subscriber = {
        connection: 'connection-a',
        workflowId: undefined,
        operationName: undefined,
        environmentId: undefined,
        ...subscriber,
      };
      const result = await backend.subscribe(who, trigger, { instanceId: INSTANCE, ...input });
      if (result.kind === 'refused')
        throw new Error(`${result.code}: ${result.detail} ${JSON.stringify(result.errors)}`);
      return subscriptionView(result.subscription);
    },
    async poll() {
      await backend.pollInstance({ v: 1, instanceId: INSTANCE });
      await drain();
    },
  };
}

async function take(
  queues: MemoryQueues,
  queue: string,
  clock: ManualClock,
  handle: (message: unknown) => Promise<void>,
): Promise<boolean> {
  const received = queues.receive(queue, clock.now());
  if (received === undefined) return false;
  await handle(received.message);
  queues.delete(queue, received);
  return true;
}

/** Tokens that never repeat, and no jitter. */
function countingRandom(): Random {
  let count = 0;
  return {
    fraction: () => 0,
    token: (bytes) => {
      count += 1;
      return Buffer.from(String(count).padStart(bytes, '0').slice(-bytes)).toString('base64url');
    },
  };
}

export function callbackUrl(name: string): string {
  return `https://${name}.flows.example.org/run?sp=%2Ftriggers%2F${name}&sig=secret-${name}`;
}
