import { shown, shownAll, type Benchmark, type Section, type Target } from './benchmark.ts';
import { startBareUndici, type BareUndici } from './stage/bare-undici.ts';
import { openStage, type Side, type Stage } from './stage/bench-stage.ts';
import type { Round } from './stage/fan-out-round.ts';
import { runBare, runFanOut, subscribed } from './stage/run-fan-out.ts';
import { median } from './statistics.ts';
import { storageRequests, type StorageRequests } from './storage-requests.ts';

interface Size {
  readonly deliveries: number;
  /**
   * Uncounted rounds of every design, so that compilers and connections are as in an app that has
   * run for a while.
   */
  readonly warmUps: number;
  readonly rounds: number;
  /** The conventional design takes the longest, so it runs only in the last rounds. */
  readonly conventionalRounds: number;
  /** A round of the conventional design ends after this time, even if callbacks are missing. */
  readonly conventionalMs: number;
}

const SIZES: Readonly<Record<'full' | 'tiny', readonly [Size, ...Size[]]>> = {
  full: [
    { deliveries: 1_000, warmUps: 4, rounds: 7, conventionalRounds: 7, conventionalMs: 180_000 },
    { deliveries: 10_000, warmUps: 1, rounds: 5, conventionalRounds: 1, conventionalMs: 60_000 },
  ],
  tiny: [{ deliveries: 20, warmUps: 1, rounds: 1, conventionalRounds: 1, conventionalMs: 60_000 }],
};

/** Messages whose receipt was lost are received again while the round still waits for them. */
const LEASE_SECONDS = 30;

interface Measured {
  readonly deliveries: number;
  /** Deliveries per second in each round. */
  readonly rates: Readonly<Record<'ours' | 'bare' | 'conventional', number[]>>;
  /** Disturbed rounds, described by their disturbance. */
  readonly disturbed: readonly string[];
}

/**
 * Measures deliveries per second, from the commit of the event to the arrival of its last callback.
 */
export const fanOut: Benchmark = {
  about: 'throughput of an event for 1,000 and 10,000 subscribers, and its storage requests',
  async run({ size, note }) {
    const stage = await openStage();
    const bare = startBareUndici();
    try {
      const leases = { leaseSeconds: LEASE_SECONDS };
      const ours = await stage.startSide('ours', leases);
      const conventional = await stage.startSide('conventional', leases);
      const measured: Measured[] = [];
      for (const each of SIZES[size]) measured.push(await measure({ stage, bare, ours, conventional }, each, note));
      // The conventional design may have left messages in the queue.
      for (const { app } of [ours, conventional]) await app.kill();
      const [{ deliveries }] = SIZES[size];
      const counted = { ours: await stage.startSide('ours'), conventional: await stage.startSide('conventional') };
      return report(measured, await storageRequests(stage, counted, deliveries));
    } finally {
      await bare.stop();
      await stage.stop();
    }
  },
};

interface Parts {
  readonly stage: Stage;
  readonly bare: BareUndici;
  readonly ours: Side;
  readonly conventional: Side;
}

async function measure(
  { stage, bare, ours, conventional }: Parts,
  { deliveries, warmUps, rounds, conventionalRounds, conventionalMs }: Size,
  note: (line: string) => void,
): Promise<Measured> {
  const oursAt = await subscribed(stage, ours, deliveries);
  const conventionalAt = await subscribed(stage, conventional, deliveries);
  const rates: Measured['rates'] = { ours: [], bare: [], conventional: [] };
  const disturbed: string[] = [];
  /** Returns the rate of an undisturbed round. Records a disturbed round. */
  const counted = (name: keyof Measured['rates'], round: number, { rate, disturbance }: Round): void => {
    if (rate !== undefined) rates[name].push(rate);
    if (disturbance === undefined) return;
    const left = rate === undefined ? ', left out' : '';
    disturbed.push(
      `${deliveries.toLocaleString('en-US')} deliveries, round ${round} of ${NAMES[name] ?? name}${left}: ${disturbance}`,
    );
    note(disturbed.at(-1) ?? '');
  };
  // The first fan-out captures the POSTs that bare undici repeats.
  const { captured } = await runFanOut(stage, ours, { instanceId: oursAt, deliveries, capture: true });
  for (let round = 0; round < warmUps; round++) {
    note(`${deliveries} deliveries, warm-up ${round + 1}`);
    await runFanOut(stage, ours, { instanceId: oursAt, deliveries });
    await runBare(stage, bare, captured);
    if (conventionalRounds > 1) await runFanOut(stage, conventional, { instanceId: conventionalAt, deliveries });
  }
  for (let round = 0; round < rounds; round++) {
    counted('ours', round + 1, (await runFanOut(stage, ours, { instanceId: oursAt, deliveries })).round);
    rates.bare.push(await runBare(stage, bare, captured));
    if (round >= rounds - conventionalRounds) {
      const conventionally = { instanceId: conventionalAt, deliveries, endsAfterMs: conventionalMs };
      counted('conventional', round + 1, (await runFanOut(stage, conventional, conventionally)).round);
    }
    const rateOf = ([name, all]: [string, number[]]): string => `${name} ${shown(all.at(-1) ?? NaN)}/s`;
    note(`${deliveries} deliveries, round ${round + 1}: ${Object.entries(rates).map(rateOf).join(', ')}`);
  }
  return { deliveries, rates, disturbed };
}

const TEXT = `Measured from the commit of an event to the outbox to the arrival of its last callback at a receiver in another process that
responds at once. _Conventional_ is \`bench/conventional\`: the same detection, HTTP client with address checks, cipher and bodies, on the same host.
But each delivery has a row (written a hundred per transaction), a message (32 sends at a time) and a function call, which reads the row,
POSTs and writes the outcome. The listener takes batches of 32. _Bare undici_ makes the same POSTs over as many connections as ours may
have to one origin, and does nothing else. A round of the conventional design with 10,000 subscribers ends after a minute and counts
the callbacks that have arrived by then. The designs alternate. The tables show the median of the rounds after some rounds of
warm-up. An arrival counts for the event of its delivery. Late arrivals of an earlier round and duplicates are named and not counted. No TLS
anywhere.

A proxy counts the storage requests in a separate run, including those of the host's queue listeners, until all deliveries have an outcome.`;

function report(measured: readonly Measured[], requests: StorageRequests): Section {
  const [first] = measured;
  const ours = median(first?.rates.ours ?? []);
  const conventional = median(first?.rates.conventional ?? []);
  const bare = median(first?.rates.bare ?? []);
  const target = (what: string, target: string, value: number, met: boolean, unit = ''): Target => ({
    what,
    target,
    measured: shown(value) + unit,
    met,
  });
  const many = `${(first?.deliveries ?? 0).toLocaleString('en-US')}-way`;
  return {
    title: 'Fan-out',
    text: TEXT,
    targets: [
      target(`${many}, times the conventional design`, '≥ 10', ours / conventional, ours >= 10 * conventional),
      target(`${many}, share of bare undici`, '≥ 25 %', (100 * ours) / bare, ours >= 0.25 * bare, ' %'),
      target(
        `storage requests per delivery, ${many}`,
        '≤ 0.05',
        requests.ours.perDelivery,
        requests.ours.perDelivery <= 0.05,
      ),
      target(
        'storage requests, one event to one subscriber, from outbox to outcome',
        '≤ 5',
        requests.ours.oneToOne,
        requests.ours.oneToOne <= 5,
      ),
    ],
    tables: [
      {
        columns: ['deliveries', 'design', 'deliveries/s, median', 'rounds'],
        rows: measured.flatMap(({ deliveries, rates }) =>
          Object.entries(rates).map(([name, all]) => [
            deliveries.toLocaleString('en-US'),
            NAMES[name] ?? name,
            shown(median(all)),
            shownAll(all),
          ]),
        ),
      },
      {
        columns: ['storage requests', 'ours', 'conventional'],
        rows: [
          [`per delivery, ${many}`, shown(requests.ours.perDelivery), shown(requests.conventional.perDelivery)],
          ['one event to one subscriber', shown(requests.ours.oneToOne), shown(requests.conventional.oneToOne)],
        ],
      },
      ...(measured.some(({ disturbed }) => disturbed.length > 0)
        ? [
            {
              columns: ['disturbed rounds'],
              rows: measured.flatMap(({ disturbed }) => disturbed.map((line) => [line])),
            },
          ]
        : []),
    ],
    chart: {
      title: 'Fan-out to healthy subscribers',
      unit: 'deliveries a second',
      groups: measured.map(({ deliveries, rates }) => ({
        name: `${deliveries.toLocaleString('en-US')} subscribers`,
        bars: Object.entries(rates).map(([name, all]) => ({ name: NAMES[name] ?? name, value: median(all) })),
      })),
    },
  };
}

const NAMES: Readonly<Record<string, string>> = { ours: 'ours', bare: 'bare undici', conventional: 'conventional' };
