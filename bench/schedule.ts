import { startAzurite } from '../sandbox/azurite.ts';
import { createAzureQueues } from '../shared/azure/azure-queues.ts';
import { createAzureTables } from '../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../shared/azure/request-counter.ts';
import { openStorageClients } from '../shared/azure/storage-clients.ts';
import { systemClock } from '../shared/clock.ts';
import { pollMessage, POLLS_QUEUE } from '../shared/deliveries/messages.ts';
import { pollTiming, schedulePolls } from '../shared/detection/schedule-polls.ts';
import { silentLog } from '../shared/log.ts';
import type { Tables, Write } from '../shared/storage/tables.ts';
import { instanceRegistry, INSTANCES_TABLE } from '../shared/subscriptions/instance-registry.ts';
import { shown, shownAll, type Benchmark, type Section } from './benchmark.ts';
import { median } from './statistics.ts';

const SIZES = {
  full: { instances: [1_000, 10_000, 50_000], rounds: 5 },
  tiny: { instances: [200], rounds: 2 },
};
/**
 * The longest duration of an occurrence of the default schedule. Its messages expire after 45 s,
 * and a third of that is for processing them.
 */
const LONGEST_SECONDS = 20;
/** In MiB: a quarter of the smallest instance size on Azure. */
const MOST_MEMORY = 128;
const SAMPLE_MS = 20;
const ROWS_PER_WRITE = 100;

interface TimerRun {
  readonly seconds: number;
  readonly messages: number;
  readonly requests: number;
  /** The peak of the heap and of the memory outside it, above the use before, in MiB. */
  readonly peakMiB: number;
}

/**
 * Measures how long the timer takes to have all instances polled, and how much memory it uses
 * meanwhile.
 */
export const schedule: Benchmark = {
  about: 'how long the timer takes to have 1,000, 10,000 and 50,000 instances polled',
  async run({ size, note }) {
    const azurite = await startAzurite({ blob: 0, queue: 0, table: 0 });
    try {
      const counter = createRequestCounter();
      const clients = openStorageClients({
        account: { connectionString: azurite.connectionString },
        policyFor: counter.policyFor,
      });
      const tables = createAzureTables({ clients });
      const queues = createAzureQueues({ clients });
      const registry = instanceRegistry(tables);
      const timing = pollTiming('0 * * * * *', Date.now());
      const fire = async (): Promise<TimerRun> => {
        counter.reset();
        let messages = 0;
        const memory = watchMemory();
        const startedMs = performance.now();
        await schedulePolls({
          clock: systemClock,
          log: silentLog,
          timing,
          instanceIds: () => registry.ids(),
          send: async (ids, timeToLiveMs) => {
            await queues.send(POLLS_QUEUE, pollMessage(ids), { timeToLiveMs });
            messages += 1;
          },
        });
        const seconds = (performance.now() - startedMs) / 1000;
        return { seconds, messages, requests: counter.total(), peakMiB: memory.stop() };
      };
      const { instances, rounds } = SIZES[size];
      const measured: { readonly count: number; readonly runs: readonly TimerRun[] }[] = [];
      let registered = 0;
      for (const count of instances) {
        await register(tables, registered, count);
        registered = count;
        await fire();
        const runs: TimerRun[] = [];
        for (let round = 0; round < rounds; round++) runs.push(await fire());
        measured.push({ count, runs });
        note(`${count} instances: ${shownAll(runs.map(({ seconds }) => seconds))} s`);
      }
      return report(measured);
    } finally {
      await azurite.stop();
    }
  },
};

async function register(tables: Tables, from: number, to: number): Promise<void> {
  for (let first = from; first < to; first += ROWS_PER_WRITE) {
    const rows = Array.from({ length: Math.min(ROWS_PER_WRITE, to - first) }, (_, index): Write => {
      const rowKey = `00000000-0000-4000-a000-${String(first + index).padStart(12, '0')}`;
      return { kind: 'upsert', row: { partitionKey: 'instances', rowKey, v: 1 } };
    });
    await tables.write(INSTANCES_TABLE, rows as [Write, ...Write[]]);
  }
}

/** Garbage counts too, because the process needs the memory that it allocates. */
function watchMemory(): { stop(): number } {
  const used = (): number => {
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / 2 ** 20;
  };
  const before = used();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, used())), SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(0, most - before);
    },
  };
}

function report(measured: readonly { readonly count: number; readonly runs: readonly TimerRun[] }[]): Section {
  const largest = measured.at(-1);
  const seconds = Math.max(...(largest?.runs.map((run) => run.seconds) ?? []));
  const memory = Math.max(...(largest?.runs.map(({ peakMiB }) => peakMiB) ?? []));
  const many = `${(largest?.count ?? 0).toLocaleString('en-US')} instances`;
  return {
    title: 'Scheduling polls',
    text: `Time from the timer's start until storage has accepted the last message, in one process, with Azurite in another on the same two cores. A message names
up to 16 instances, and 32 messages are sent at a time. Memory is the peak of the process
above its use before, including garbage. It does not grow from run to run.`,
    targets: [
      {
        what: `${many}, longest run`,
        target: `≤ ${LONGEST_SECONDS} s`,
        measured: `${shown(seconds)} s`,
        met: seconds <= LONGEST_SECONDS,
      },
      {
        what: `${many}, most memory`,
        target: `≤ ${MOST_MEMORY} MiB`,
        measured: `${shown(memory)} MiB`,
        met: memory <= MOST_MEMORY,
      },
    ],
    tables: [
      {
        columns: ['instances', 'messages', 'storage requests', 's, median', 's of each run', 'MiB of each run'],
        rows: measured.map(({ count, runs }) => [
          count.toLocaleString('en-US'),
          shown(median(runs.map(({ messages }) => messages))),
          shown(median(runs.map(({ requests }) => requests))),
          shown(median(runs.map((run) => run.seconds))),
          shownAll(runs.map((run) => run.seconds)),
          shownAll(runs.map(({ peakMiB }) => peakMiB)),
        ]),
      },
    ],
  };
}
