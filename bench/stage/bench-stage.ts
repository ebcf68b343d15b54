import { createHash, randomBytes } from 'node:crypto';
import { startAzurite, type Azurite } from '../../sandbox/azurite.ts';
import {
  startCustomerInsightsSandbox,
  type CustomerInsightsSandbox,
} from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { DELIVERIES_QUEUE } from '../../shared/deliveries/messages.ts';
import { valueRow } from '../../shared/detection/instance-state.ts';
import { STATE_TABLE, OUTBOX_PREFIX } from '../../shared/events/outbox-row.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { insertSubscriptions } from '../../tests/helpers/many-subscriptions.ts';
import { startSink, type Sink } from './sink.ts';
import { stageApp, type BenchApp, type StagedApp, type StartOptions } from './start-app.ts';
import type { Variant } from './variant.ts';

/**
 * One design with its own storage that calls the stage's sink. It is polled manually unless its
 * POLL_SCHEDULE says otherwise.
 */
export interface Side {
  readonly variant: Variant;
  readonly tables: Tables;
  readonly queues: Queues;
  readonly azurite: Azurite;
  readonly app: BenchApp;
  /** The commit time of each event (ms since the epoch) by event id, read from the app's log. */
  readonly openedAtMs: Map<string, number>;
  /** Starts another host with the same settings, for example after a kill. */
  startApp(environment?: Readonly<Record<string, string>>): Promise<BenchApp>;
  /**
   * Waits until the outbox of the instance and the queues are empty. Polls the instance now and
   * then as the timer would. Stops waiting after `withinMs`, because the conventional design never
   * finishes an event that it left unfinished.
   */
  drain(instanceId: string, options?: { readonly app?: BenchApp; readonly withinMs?: number }): Promise<void>;
}

export interface Stage {
  readonly sink: Sink;
  readonly insights: CustomerInsightsSandbox;
  startSide(variant: Variant, options?: SideOptions): Promise<Side>;
  /** Callback URLs of the sink, as long as those of Power Automate. */
  flowUrls(count: number, path?: string): string[];
  /** Adds an instance to the sandbox, with segments `s0`, `s1`, … that have no members. */
  addInstance(segments: number): string;
  /**
   * Makes the member count of a segment fall to 0 and rise above every threshold that `subscribe`
   * sets. The next poll finds the crossings.
   */
  raise(instanceId: string, segment: number): void;
  stop(): Promise<void>;
}

export interface SideOptions extends StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
}

const THRESHOLD = 100;
/** For one request of the benchmark itself, which may come while an app keeps storage busy. */
const SETUP_TIMEOUT_MS = 60_000;
const encryptionKey = randomBytes(32);

/**
 * Opens a sandbox of Customer Insights, a sink, and any number of sides. Everything listens on
 * 127.0.0.1 and ends with `stop`.
 */
export async function openStage(): Promise<Stage> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const sink = await startSink();
  cleanups.push(() => sink.stop());
  const insights = await startCustomerInsightsSandbox();
  cleanups.push(() => insights.stop());
  const staged = new Map<Variant, Promise<StagedApp>>();
  let instances = 0;

  const stagedApp = async (variant: Variant): Promise<StagedApp> => {
    const known = staged.get(variant);
    if (known) return known;
    const staging = stageApp(variant);
    staged.set(variant, staging);
    cleanups.push(async () => (await staging).remove());
    return staging;
  };

  return {
    sink,
    insights,
    async startSide(variant, options = {}) {
      const app = await stagedApp(variant);
      const azurite: Azurite = await startAzurite({ blob: 0, queue: 0, table: 0 });
      cleanups.push(() => azurite.stop());
      const { connectionString } = azurite;
      const clients = openStorageClients({ account: { connectionString }, timeoutMs: SETUP_TIMEOUT_MS });
      const tables = createAzureTables({ clients });
      const queues = createAzureQueues({ clients });
      const openedAtMs = new Map<string, number>();
      const output = (line: string): void => {
        recordOpened(openedAtMs, line);
        options.output?.(line);
      };
      const startApp = async (environment: Readonly<Record<string, string>> = {}): Promise<BenchApp> => {
        const started = await app.start(
          {
            AzureWebJobsStorage: connectionString,
            CUSTOMER_INSIGHTS_API_URL: insights.url,
            CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
            CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8',
            CALLBACK_ENCRYPTION_KEYS: `test:${encryptionKey.toString('base64')}`,
            // Polls are started manually. The timer only fires on the first of January.
            POLL_SCHEDULE: '0 0 0 1 1 *',
            RATE_LIMIT_CALLS: '0',
            ...options.environment,
            ...environment,
          },
          { ...options, output },
        );
        cleanups.push(() => started.kill());
        return started;
      };
      const side: Side = {
        variant,
        tables,
        queues,
        azurite,
        app: await startApp(),
        openedAtMs,
        startApp,
        async drain(instanceId, { app = side.app, withinMs = Infinity } = {}) {
          const untilMs = performance.now() + withinMs;
          for (let reads = 0; (await outboxEntries(tables, instanceId)) > 0; reads++) {
            if (performance.now() > untilMs) return;
            if (reads % 25 === 24) await app.poll(instanceId);
            await pause(20);
          }
          await waitUntilEmpty(() => queues.length(DELIVERIES_QUEUE));
        },
      };
      return side;
    },
    flowUrls(count, path = 'flows') {
      const query = 'api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0';
      return Array.from({ length: count }, (_, index) => {
        const signature = createHash('sha256').update(`${path}${index}`).digest('base64url');
        return `${sink.origin}/${path}/${index}/triggers/manual/paths/invoke?${query}&sig=${signature}`;
      });
    },
    addInstance(segments) {
      const instanceId = `00000000-0000-4000-8000-${String(instances++).padStart(12, '0')}`;
      insights.control.addInstance({ instanceId, name: `Instance ${instances}` });
      for (let index = 0; index < segments; index++)
        insights.control.addSegment({ instanceId, name: `s${index}`, memberCount: 0 });
      return instanceId;
    },
    raise(instanceId, segment) {
      insights.control.evaluateSegment({
        instanceId,
        segmentName: `s${segment}`,
        evaluations: [
          { kind: 'succeeded', memberCount: 0 },
          { kind: 'succeeded', memberCount: 2 * THRESHOLD },
        ],
      });
    },
    async stop() {
      for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
    },
  };
}

/**
 * Subscribes to a segment of each instance. Its crossings call `urls`. The first subscription of a
 * segment starts its observation, so this function also writes the state, as a subscribe call does.
 */
export async function subscribe(
  { tables }: Pick<Side, 'tables'>,
  { instanceId, segment, urls }: { instanceId: string; segment: number; urls: readonly string[] },
): Promise<void> {
  const trigger = 'segment-threshold-crossed';
  const name = `s${segment}`;
  const row = valueRow(instanceId, {
    trigger,
    name,
    sequence: 1,
    last: { evaluatedAtMs: 0, value: 0 },
    isSuspended: false,
    isMarkedForRemoval: false,
  });
  await tables.write(STATE_TABLE, [{ kind: 'upsert', row }]);
  await insertSubscriptions(tables, {
    instanceId,
    trigger,
    name,
    thresholds: urls.map(() => THRESHOLD),
    callbackUrl: (index) => urls[index] ?? '',
    encryptionKey,
  });
}

const OPENED = /"event":"event\.opened".*"eventId":"([^"]+)".*"openedAt":"([^"]+)"/;

function recordOpened(openedAtMs: Map<string, number>, line: string): void {
  const [, eventId, openedAt] = OPENED.exec(line) ?? [];
  if (eventId !== undefined && openedAt !== undefined) openedAtMs.set(eventId, Date.parse(openedAt));
}

/**
 * Waits until the queue is empty or has not become shorter for a second. A message that the host
 * could not delete, because a connection broke, stays until its lease ends.
 */
async function waitUntilEmpty(length: () => Promise<number>): Promise<void> {
  let least = Infinity;
  for (let sameMs = 0; sameMs < 1_000; sameMs += 50) {
    const left = await length();
    if (left === 0) return;
    if (left < least) sameMs = 0;
    least = Math.min(left, least);
    await pause(50);
  }
}

async function outboxEntries(tables: Tables, instanceId: string): Promise<number> {
  const query = { partition: instanceId, from: OUTBOX_PREFIX, to: `${OUTBOX_PREFIX}~`, select: ['v'] };
  return (await tables.query(STATE_TABLE, query)).rows.length;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for the promise, but at most this long. */
export async function waitAtMost(ms: number, completion: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, ms, undefined);
  await Promise.race([completion, late.promise]);
  clearTimeout(timer);
}
