import { createHash, randomBytes } from 'node:crypto';
import { shown, shownAll, type Benchmark, type Section, type Table, type Target } from './benchmark.ts';
import { loadSide, type Latencies, type Load } from './load.ts';
import { startBareUndici } from './stage/bare-undici.ts';
import { openStage, pause, waitAtMost, type Stage } from './stage/bench-stage.ts';
import { missingServers, startPostgres, startRedis } from './stage/local-server.ts';
import { missingPackages, startPeer, type Peer, type PeerJob } from './stage/peer.ts';
import { processUse } from './stage/process-use.ts';
import { ROUND_MS, runBare, runFanOut, subscribed } from './stage/run-fan-out.ts';
import type { CapturedRequest } from './stage/sink.ts';
import { median, percentile } from './statistics.ts';

const load = (deliveriesPerSecond: number, refusingPerEvent: number): Load => ({
  deliveriesPerSecond,
  subscribersPerEvent: 10,
  refusingPerEvent,
});
const SIZES = {
  full: {
    fanOuts: [
      { deliveries: 1_000, warmUps: 6, rounds: 7 },
      { deliveries: 10_000, warmUps: 1, rounds: 3 },
    ],
    // What failed under one load is tried again under the next ones, so the loads without failures
    // come first.
    loads: [load(50, 0), load(200, 0), load(50, 1), load(200, 1)],
    latencyRounds: 3,
    seconds: 2,
    warmUpSeconds: 10,
  },
  tiny: {
    fanOuts: [{ deliveries: 20, warmUps: 1, rounds: 1 }],
    loads: [load(20, 1)],
    latencyRounds: 1,
    seconds: 1,
    warmUpSeconds: 1,
  },
} as const;

/**
 * Peak memory of the host and the app with 10,000 subscribers before the changes that this
 * benchmark led to, in MiB.
 */
const MIB_BEFORE = 576;
/** What arrives later than this counts as missing. */
const DRAIN_MS = 30_000;

const NAMES = {
  ours: 'ours',
  bare: 'bare undici',
  'graphile-worker': 'graphile-worker + PostgreSQL',
  bullmq: 'BullMQ + Redis',
} as const;
type Name = keyof typeof NAMES;
const QUEUES = ['graphile-worker', 'bullmq'] as const;
const LATENCY_NAMES = ['ours', ...QUEUES] as const;

interface FanOutRates {
  readonly deliveries: number;
  readonly rates: Readonly<Record<Name, number[]>>;
  /** Processor time of the process that delivers in µs per delivery, in each round. */
  readonly processorUs: Readonly<Record<Name, number[]>>;
}

interface LoadLatencies {
  readonly load: Load;
  readonly rounds: Readonly<Record<(typeof LATENCY_NAMES)[number], Latencies[]>>;
}

/**
 * Measures the queues that others would take, in the same run and over the same sink. Rejects when
 * one is not installed.
 */
export const peers: Benchmark = {
  about: 'beside graphile-worker on PostgreSQL and BullMQ on Redis, which have to be installed',
  async run({ size, note }) {
    const missing = [missingServers(), missingPackages()].filter((each) => each !== undefined);
    if (missing.length > 0) throw new Error(`The peers cannot run: ${missing.join('; ')}`);
    const { fanOuts, loads, latencyRounds, seconds, warmUpSeconds } = SIZES[size];
    const cleanups: (() => Promise<unknown>)[] = [];
    const opened = async <T extends { stop(): Promise<unknown> }>(opening: T | Promise<T>): Promise<T> => {
      const part = await opening;
      cleanups.push(() => part.stop());
      return part;
    };
    try {
      const stage = await opened(openStage());
      const signingSecret = `whsec_${randomBytes(32).toString('base64')}`;
      const environment = { WEBHOOK_SIGNING_SECRETS: signingSecret };
      const ours = await stage.startSide('ours', { environment });
      const bare = await opened(startBareUndici());
      const [postgres, redis] = [await opened(startPostgres()), await opened(startRedis())];
      const settings = { origin: stage.sink.origin, signingSecret, userAgent: 'customer-insights-triggers/peer' };
      const queues: Readonly<Record<(typeof QUEUES)[number], Peer>> = {
        'graphile-worker': await opened(startPeer('graphile-worker', { ...settings, url: postgres.url })),
        bullmq: await opened(startPeer('bullmq', { ...settings, url: redis.url })),
      };

      const pids: Readonly<Record<Name, number>> = {
        ours: ours.app.pid,
        bare: bare.pid,
        'graphile-worker': queues['graphile-worker'].pid,
        bullmq: queues.bullmq.pid,
      };
      const measured: FanOutRates[] = [];
      let captured: CapturedRequest[] = [];
      for (const { deliveries, warmUps, rounds } of fanOuts) {
        const instanceId = await subscribed(stage, ours, deliveries);
        ({ captured } = await runFanOut(stage, ours, { instanceId, deliveries, capture: true }));
        const rates: FanOutRates['rates'] = { ours: [], bare: [], 'graphile-worker': [], bullmq: [] };
        const processorUs: FanOutRates['rates'] = { ours: [], bare: [], 'graphile-worker': [], bullmq: [] };
        for (let round = 0; round < warmUps + rounds; round++) {
          const used = (name: Name): Promise<number> => processorMsOf(pids[name]);
          const runs: Readonly<Record<Name, () => Promise<number | undefined>>> = {
            ours: async () => (await runFanOut(stage, ours, { instanceId, deliveries })).round.rate,
            bare: () => runBare(stage, bare, captured),
            'graphile-worker': () => runQueue(stage, queues['graphile-worker'], captured),
            bullmq: () => runQueue(stage, queues.bullmq, captured),
          };
          const of: Partial<Record<Name, number>> = {};
          for (const name of Object.keys(runs) as Name[]) {
            const beforeMs = await used(name);
            const rate = await runs[name]();
            if (rate === undefined) continue;
            of[name] = rate;
            if (round >= warmUps) processorUs[name].push((((await used(name)) - beforeMs) * 1000) / deliveries);
          }
          const all = Object.entries(of).map(([name, rate]) => `${name} ${shown(rate)}/s`);
          note(`${deliveries} deliveries, round ${round + 1 - warmUps}: ${all.join(', ')}`);
          if (round < warmUps) continue;
          for (const name of Object.keys(rates) as Name[]) if (of[name] !== undefined) rates[name].push(of[name]);
        }
        measured.push({ deliveries, rates, processorUs });
      }
      const peakMiB = (await processUse(ours.app.pid)).peakResidentBytes / 2 ** 20;

      // Azurite reads all rows of a table for each query, so the subscribers of the fan-outs would
      // slow down those of the loads. Table Storage reads a range. The queues have removed the jobs
      // of the fan-outs.
      await ours.app.kill();
      const alone = await stage.startSide('ours', { environment });
      await (await loadSide(stage, alone, load(200, 0))).drive(warmUpSeconds);
      const latencies: LoadLatencies[] = [];
      for (const each of loads) {
        const driven = {
          ours: await loadSide(stage, alone, each),
          'graphile-worker': loadQueue(stage, queues['graphile-worker'], each, captured),
          bullmq: loadQueue(stage, queues.bullmq, each, captured),
        };
        const rounds: LoadLatencies['rounds'] = { ours: [], 'graphile-worker': [], bullmq: [] };
        for (const name of LATENCY_NAMES) await driven[name].drive(1);
        for (let round = 0; round < latencyRounds; round++) {
          for (const name of LATENCY_NAMES) {
            const found = await driven[name].drive(seconds);
            if (found.missing > 0) throw new Error(`${found.missing} deliveries of ${name} did not arrive`);
            rounds[name].push(found);
          }
          const all = LATENCY_NAMES.map((name) => `${name} ${shown(p95(rounds[name].at(-1)))} ms`);
          note(`${nameOf(each)}, round ${round + 1}: p95 ${all.join(', ')}`);
        }
        latencies.push({ load: each, rounds });
      }
      return report(measured, latencies, peakMiB);
    } finally {
      for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
    }
  },
};

async function processorMsOf(pid: number): Promise<number> {
  return (await processUse(pid)).processorMs;
}

/**
 * Adds a job for each captured POST. Resolves with the rate a second, `undefined` when some did not
 * arrive.
 */
async function runQueue(stage: Stage, peer: Peer, captured: readonly CapturedRequest[]): Promise<number | undefined> {
  const jobs = jobsOf(captured);
  const round = await stage.sink.begin({ expected: jobs.length });
  const addedMs = await peer.add(jobs, { held: true });
  await waitAtMost(ROUND_MS, round.complete);
  const first = new Map<string, number>();
  for (const { id, atMs } of await round.arrivals()) if (!first.has(id)) first.set(id, atMs);
  // The queue still notes its last outcomes.
  await pause(300);
  const isWhole = jobs.every(({ id }) => first.has(id));
  return isWhole ? (jobs.length / (Math.max(...first.values()) - addedMs)) * 1000 : undefined;
}

/** The same load as `loadSide` for a queue: an event adds its jobs together. */
function loadQueue(
  stage: Stage,
  peer: Peer,
  { deliveriesPerSecond, subscribersPerEvent, refusingPerEvent = 0 }: Load,
  captured: readonly CapturedRequest[],
): { drive(seconds: number): Promise<Latencies> } {
  const eventsPerSecond = deliveriesPerSecond / subscribersPerEvent;
  const requests = Array.from({ length: subscribersPerEvent }, (_, index) => {
    const request = captured[index % captured.length] as CapturedRequest;
    return index < refusingPerEvent ? { ...request, path: `/refuse${request.path}` } : request;
  });
  return {
    async drive(seconds) {
      const events = Math.round(seconds * eventsPerSecond);
      const expected = events * (subscribersPerEvent - refusingPerEvent);
      const round = await stage.sink.begin({ expected });
      const startedMs = performance.now();
      const adding: Promise<unknown>[] = [];
      const addedMs = new Map<string, number>();
      for (let event = 0; event < events; event++) {
        await pause(Math.max(0, startedMs + (event * 1000) / eventsPerSecond - performance.now()));
        const jobs = jobsOf(requests);
        adding.push(peer.add(jobs).then((atMs) => jobs.forEach(({ id }) => addedMs.set(id, atMs))));
      }
      await Promise.all(adding);
      await waitAtMost(DRAIN_MS, round.complete);
      const ms = new Map<string, number>();
      for (const { id, atMs, isRefused } of await round.arrivals()) {
        const fromMs = addedMs.get(id);
        // A job may start before the call that added it has returned.
        if (!isRefused && fromMs !== undefined && !ms.has(id)) ms.set(id, Math.max(0, atMs - fromMs));
      }
      return { ms: [...ms.values()], missing: expected - ms.size };
    },
  };
}

/**
 * The captured callbacks as those of another event, because the sink tells the rounds apart by
 * their events.
 */
function jobsOf(captured: readonly CapturedRequest[]): PeerJob[] {
  const eventPart = createHash('sha512').update(randomBytes(32)).digest('base64url').slice(0, 57);
  return captured.map(({ path, headers, body }, index) => {
    const before = headers['webhook-id'] ?? '';
    const id = `dlv_${eventPart}0${String(index).padStart(32, '0')}`;
    const [eventId, otherEventId] = [before, id].map((each) => `evt_${each.slice(4, 61)}`) as [string, string];
    return { id, path, body: body.replace(before, id).replace(eventId, otherEventId) };
  });
}

function p95(latencies: Latencies | undefined): number {
  return percentile(latencies?.ms ?? [], 0.95);
}

function nameOf({ deliveriesPerSecond, refusingPerEvent = 0 }: Load): string {
  return `${deliveriesPerSecond}/s${refusingPerEvent > 0 ? ', one subscriber in ten fails' : ''}`;
}

const TEXT = `The queues that one would take instead, in the same run on the same machine, with the same receiver in another process, the same bodies,
headers and signature, and as many connections. [graphile-worker](https://worker.graphile.org) 0.18 runs on PostgreSQL with \`fsync\` and synchronous commits:
one job a delivery, 64 at once, fetched in batches of 500 and completed in batches. [BullMQ](https://docs.bullmq.io) 6.7 runs on Redis with an append-only file that is
on the disk every second: one job a delivery, 256 at once, removed when it is done. Both retry with an exponential delay. Each of them only signs
and POSTs. Ours also finds the recipients, decrypts and checks each URL, writes a log line for each attempt and stores each outcome.

Ours counts from the commit of the event to the arrival of its last callback. The queues count from the success of the call that adds all jobs, and none starts
before, so the time that adding takes is not counted. _Bare undici_ makes the same POSTs and does nothing else. The designs alternate, after warm-up. No TLS
anywhere. The processor time is that of the process that delivers, without its storage. At a steady rate, events come one by one and each has ten subscribers; when one in ten fails, it always responds with 503 and the other nine are
counted. Ours then runs on a storage of its own, after a warm-up, and counts from the time that the event carries, which is read before its transaction is sent.`;

function report(measured: readonly FanOutRates[], latencies: readonly LoadLatencies[], peakMiB: number): Section {
  const [few, many = few] = measured;
  const rate = (of: FanOutRates | undefined, name: Name): number => median(of?.rates[name] ?? []);
  const atLeast = (what: string, least: number, value: number, unit: string): Target => ({
    what,
    target: `≥ ${least}${unit}`,
    measured: shown(value) + unit,
    met: value >= least,
  });
  const way = `${(few?.deliveries ?? 0).toLocaleString('en-US')}-way`;
  const manyWay = `${(many?.deliveries ?? 0).toLocaleString('en-US')}-way`;
  const ours = rate(few, 'ours');
  const fastest = latencies.filter(({ load }) => load.deliveriesPerSecond === 200);
  return {
    title: 'Beside other queues',
    text: TEXT,
    targets: [
      atLeast(`${way}, share of bare undici`, 50, (100 * ours) / rate(few, 'bare'), ' %'),
      atLeast(`${way}, times graphile-worker`, 1.5, ours / rate(few, 'graphile-worker'), ''),
      atLeast(`${way}, times BullMQ`, 2, ours / rate(few, 'bullmq'), ''),
      atLeast(`${manyWay}, share of the ${way} rate`, 90, (100 * rate(many, 'ours')) / ours, ' %'),
      ...fastest.map(({ load, rounds }): Target => {
        const [own, other] = [rounds.ours, rounds['graphile-worker']].map((all) => median(all.map(p95))) as [
          number,
          number,
        ];
        return {
          what: `p95 at ${nameOf(load)}`,
          target: `≤ that of graphile-worker, ${shown(other)} ms`,
          measured: `${shown(own)} ms`,
          met: own <= other,
        };
      }),
      {
        what: `peak memory, ${manyWay}`,
        target: `≤ 1.3 × ${MIB_BEFORE} MiB`,
        measured: `${shown(peakMiB)} MiB`,
        met: peakMiB <= 1.3 * MIB_BEFORE,
      },
    ],
    tables: [rateTable(measured), latencyTable(latencies)],
    chart: {
      title: 'Fan-out beside other queues',
      unit: 'deliveries a second',
      groups: measured.map((each) => ({
        name: `${each.deliveries.toLocaleString('en-US')} subscribers`,
        bars: (Object.keys(NAMES) as Name[]).map((name) => ({ name: NAMES[name], value: rate(each, name) })),
      })),
    },
  };
}

function rateTable(measured: readonly FanOutRates[]): Table {
  return {
    columns: ['deliveries', 'design', 'deliveries/s, median', 'rounds', 'processor time of a delivery, µs'],
    rows: measured.flatMap(({ deliveries, rates, processorUs }) =>
      (Object.keys(NAMES) as Name[]).map((name) => [
        deliveries.toLocaleString('en-US'),
        NAMES[name],
        shown(median(rates[name])),
        shownAll(rates[name]),
        shown(median(processorUs[name])),
      ]),
    ),
  };
}

function latencyTable(latencies: readonly LoadLatencies[]): Table {
  return {
    columns: ['load', 'design', 'p50, ms', 'p95, ms', 'p99, ms', 'p95 of each round'],
    rows: latencies.flatMap(({ load, rounds }) =>
      LATENCY_NAMES.map((name) => {
        const all = rounds[name].flatMap(({ ms }) => ms);
        const percentiles = [0.5, 0.95, 0.99].map((share) => shown(percentile(all, share)));
        return [nameOf(load), NAMES[name], ...percentiles, shownAll(rounds[name].map(p95))];
      }),
    ),
  };
}
