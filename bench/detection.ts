import { randomBytes } from 'node:crypto';
import { startAzurite } from '../sandbox/azurite.ts';
import { createAzureTables } from '../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../shared/azure/request-counter.ts';
import { openStorageClients } from '../shared/azure/storage-clients.ts';
import { systemClock } from '../shared/clock.ts';
import { pollInstance } from '../shared/detection/poll.ts';
import { valueRow } from '../shared/detection/instance-state.ts';
import { stateStore } from '../shared/detection/state-store.ts';
import { unreachableInstances } from '../shared/detection/unreachable-instances.ts';
import { crosses } from '../shared/detection/value-observation.ts';
import { outboxRow, STATE_TABLE } from '../shared/events/outbox-row.ts';
import type { OutboxEntry } from '../shared/events/outbox-entry.ts';
import { memoryCustomerInsights } from '../shared/insights/memory-customer-insights.ts';
import { silentLog } from '../shared/log.ts';
import { systemRandom } from '../shared/random.ts';
import type { Tables } from '../shared/storage/tables.ts';
import { subscriptionStore } from '../shared/subscriptions/subscription-store.ts';
import { noTelemetry } from '../shared/telemetry/telemetry.ts';
import { insertSubscriptions } from '../tests/helpers/many-subscriptions.ts';
import { shown, shownAll, type Benchmark } from './benchmark.ts';
import { median } from './statistics.ts';

const SIZES = {
  full: { subscriptions: [1_000, 10_000, 100_000], rounds: 5 },
  tiny: { subscriptions: [50], rounds: 1 },
};

/** The number of thresholds that each poll's value crosses. */
const CROSSED = 10;

type Way = 'index' | 'scan';

interface Cost {
  readonly requests: number;
  readonly rows: number;
  readonly ms: number;
}

/**
 * Compares the cost of a poll that finds a crossing by the index of thresholds with that of reading
 * every subscription.
 */
export const detection: Benchmark = {
  about: 'cost of a poll at 1,000, 10,000 and 100,000 subscriptions of one segment',
  async run({ size, note }) {
    const { subscriptions, rounds } = SIZES[size];
    const azurite = await startAzurite({ blob: 0, queue: 0, table: 0 });
    try {
      const counter = createRequestCounter();
      const clients = openStorageClients({
        account: { connectionString: azurite.connectionString },
        policyFor: counter.policyFor,
      });
      const tables = createAzureTables({ clients });
      const costs = new Map<number, Record<Way, Cost[]>>();
      for (const count of subscriptions) {
        const segment = await subscribedSegment(tables, count);
        note(`${count} subscriptions are in`);
        const measured: Record<Way, Cost[]> = { index: [], scan: [] };
        // The first round is a warm-up.
        for (let round = -1; round < rounds; round++) {
          for (const way of ['index', 'scan'] as const) {
            counter.reset();
            const startedMs = performance.now();
            const found = await segment.poll(way);
            const ms = performance.now() - startedMs;
            if (found !== CROSSED) throw new Error(`${way} found ${found} of ${CROSSED} subscriptions`);
            if (round >= 0) measured[way].push({ requests: counter.total(), rows: counter.rows(), ms });
            await segment.clear();
          }
        }
        costs.set(count, measured);
      }
      const rows = [...costs].flatMap(([count, measured]) =>
        (['index', 'scan'] as const).map((way) => [
          count.toLocaleString('en-US'),
          way,
          shown(median(measured[way].map(({ requests }) => requests))),
          shown(median(measured[way].map((cost) => cost.rows))),
          shown(median(measured[way].map(({ ms }) => ms))),
          shownAll(measured[way].map(({ ms }) => ms)),
        ]),
      );
      return {
        title: 'Detection',
        text: `A poll that finds one rise of a segment, which crosses the thresholds of ${CROSSED} of all its subscriptions, up to the list of recipients:
read the state, commit, find the recipients, record the poll. _Index_ is the app's design, one range of row keys. _Scan_ reads and compares every
subscription of the segment. Requests and rows are those of storage.`,
        targets: [],
        tables: [
          { columns: ['subscriptions', 'way', 'requests', 'rows read', 'ms, median', 'ms of each round'], rows },
        ],
      };
    } finally {
      await azurite.stop();
    }
  },
};

let instances = 0;

/** Creates a segment in its own instance, with one subscription at each whole number from 1. */
async function subscribedSegment(
  tables: Tables,
  count: number,
): Promise<{ poll(way: Way): Promise<number>; clear(): Promise<void> }> {
  const instanceId = `00000000-0000-4000-9000-${String(instances++).padStart(12, '0')}`;
  const trigger = 'segment-threshold-crossed';
  const name = 'vip';
  await insertSubscriptions(tables, {
    instanceId,
    trigger,
    name,
    thresholds: Array.from({ length: count }, (_, index) => index + 1),
    callbackUrl: (index) => `https://flows.example.org/${index}?sig=${'s'.repeat(43)}`,
    encryptionKey: randomBytes(32),
  });
  const insights = memoryCustomerInsights({ clock: systemClock });
  const instance = insights.hold({ instance: { instanceId, name, instanceType: 'production' } });
  const start = Math.floor(count / 2) + 0.5;
  const row = valueRow(instanceId, {
    trigger,
    name,
    sequence: 1,
    last: { evaluatedAtMs: 1, value: start },
    isSuspended: false,
    isMarkedForRemoval: false,
  });
  await tables.write(STATE_TABLE, [{ kind: 'upsert', row }]);
  const store = subscriptionStore(tables);
  let evaluatedAtMs = Date.now();
  let entries: readonly OutboxEntry[] = [];
  const countRecipients: Record<Way, (entry: OutboxEntry) => Promise<number>> = {
    async index({ event, recipients }) {
      const [range] = recipients;
      if (range === undefined) return 0;
      return (await store.page({ instanceId, trigger: event.trigger, subjectHash: range.subjectHash }, range))
        .subscriptions.length;
    },
    async scan({ event, recipients }) {
      const [range] = recipients;
      if (range === undefined || event.trigger !== trigger) return 0;
      let found = 0;
      let next: string | undefined;
      do {
        const page = await store.page(
          { instanceId, trigger, subjectHash: range.subjectHash },
          next === undefined ? {} : { next },
        );
        found += page.subscriptions.filter(({ threshold }) => crosses(event, threshold ?? NaN)).length;
        next = page.next;
      } while (next !== undefined);
      return found;
    },
  };
  return {
    async poll(way) {
      // The value falls back and rises again.
      const evaluations = [start, start + CROSSED].map((memberCount) => ({
        status: 'completedsuccess',
        evaluatedAt: new Date(evaluatedAtMs++).toISOString(),
        memberCount,
        error: undefined,
      }));
      const latest = evaluations.at(-1);
      instance.segments = [{ name, displayName: name, state: 'active', latest, history: evaluations }];
      let found = 0;
      await pollInstance(
        {
          insights,
          state: stateStore(tables),
          unreachable: unreachableInstances(tables),
          clock: systemClock,
          random: systemRandom,
          log: silentLog,
          fanOut: async (events) => {
            entries = [...entries, ...events];
            for (const entry of events) found += await countRecipients[way](entry);
          },
          resumeOutbox: () => Promise.resolve(),
          telemetry: noTelemetry,
          isAllowed: () => true,
          pollLater: () => Promise.resolve(),
          callWindowMs: 60_000,
          restartBackfill: () => Promise.resolve(),
        },
        instanceId,
      );
      return found;
    },
    async clear() {
      for (const entry of entries)
        await tables.write(STATE_TABLE, [{ kind: 'delete', row: outboxRow(entry), etag: entry.etag }]);
      entries = [];
    },
  };
}
