import { createAzureQueueDrain } from '../../shared/azure/azure-queue-drain.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { createBackend, type Backend } from '../../shared/backend.ts';
import type { ChunkMessage, PollMessage, RetriesMessage } from '../../shared/deliveries/messages.ts';
import { memoryCustomerInsights } from '../../shared/insights/memory-customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { callbackClient } from '../../shared/outgoing/callback-client.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import { systemRandom } from '../../shared/random.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { uniqueTables } from '../helpers/unique-tables.ts';

export const INSTANCE = '11111111-2222-3333-4444-555555555555';
export const ENCRYPTION_KEY = Buffer.alloc(32, 7);
const CLAIM_MS = 20_000;
export const QUEUES = ['polls', 'deliveries', 'retries'] as const;
export type QueueName = (typeof QUEUES)[number];

/**
 * What does the work of queue messages: the whole backend, in this process or in one of its own.
 * Rejects as the backend does.
 */
export interface Worker {
  schedulePolls(): Promise<void>;
  reconcile(): Promise<void>;
  handle(queue: QueueName, message: object): Promise<void>;
  /** Moves its clock on. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
  /** Rejects when its process has died; absent when it has none of its own. */
  readonly died?: Promise<never>;
}

export interface WorkerOptions {
  readonly connectionString: string;
  /** Of the names of all tables and queues of the run. */
  readonly prefix: string;
  readonly nowMs: number;
  /** Whether the segments have risen above all thresholds. */
  readonly isRisen: boolean;
}

/** A worker in this process, and what only tests of it need. */
export interface LocalWorker extends Worker {
  readonly backend: Backend;
  readonly tables: Tables;
}

export function openWorker({ connectionString, prefix, nowMs, isRisen }: WorkerOptions): LocalWorker {
  const clients = openStorageClients({ account: { connectionString } });
  const tables = uniqueTables(createAzureTables({ clients }), prefix);
  const clock = manualClock(nowMs);
  const insights = memoryCustomerInsights({ clock });
  const evaluations = isRisen ? [evaluated(10, 1), evaluated(10_000, 2)] : [evaluated(10, 1)];
  insights.hold({
    instance: { instanceId: INSTANCE, name: 'Contoso', instanceType: 'production' },
    segments: [segment('big', ...evaluations), segment('small', ...evaluations)],
  });
  const callbackPolicy = { allowedHosts: ['127.0.0.1'], allowedNetworks: parseNetworks('127.0.0.0/8') };
  const client = callbackClient({ policy: callbackPolicy, timeoutMs: 10_000 });
  const backend = createBackend(
    {
      tables,
      queues: delayedInside(createAzureQueues({ clients }), prefix, () => clock.now()),
      queueDrain: createAzureQueueDrain({ clients }),
      insights: () => insights,
      client,
      lookup: () => Promise.resolve([]),
      clock,
      random: systemRandom,
      log: silentLog,
      telemetry: noTelemetry,
    },
    {
      callbackPolicy,
      encryptionKeys: [{ kid: 'test', key: ENCRYPTION_KEY }],
      signingSecrets: [],
      allowedInstances: new Set(),
      maxSubscriptionsPerConnection: 1000,
      rateLimit: { calls: 0, windowSeconds: 60 },
      claimMs: CLAIM_MS,
      deliveryScheduleSeconds: [5, 30, 300],
      operatorWebhook: undefined,
      publicBaseUrl: 'https://triggers.example.org',
      pollSchedule: '0 * * * * *',
      retentionMonths: 3,
    },
  );
  return {
    backend,
    tables,
    schedulePolls: () => backend.schedulePolls(),
    reconcile: () => backend.reconcile(),
    handle(queue, message) {
      switch (queue) {
        case 'polls':
          return backend.pollInstance(message as PollMessage);
        case 'deliveries':
          return backend.deliverChunk(message as ChunkMessage);
        case 'retries':
          return backend.handleRetriesMessage(message as RetriesMessage);
      }
    },
    advance: (ms) => clock.advance(ms),
    close: () => client.close(),
  };
}

/** A message on its way to `QueueHost`. */
export interface DelayedMessage {
  readonly message: object;
  /** When it may be seen, by the clock of the test. */
  readonly visibleAtMs: number;
}

/**
 * Storage keeps its own time, which no test can move: so a message carries its delay, and
 * `QueueHost` keeps it.
 */
function delayedInside(queues: Queues, prefix: string, now: () => number): Queues {
  return {
    send: (queue, message, { delayMs = 0 } = {}) =>
      queues.send(prefix + queue, { message, visibleAtMs: now() + delayMs } satisfies DelayedMessage),
    length: (queue) => queues.length(prefix + queue),
    oldestSentAt: (queue) => queues.oldestSentAt(prefix + queue),
  };
}
