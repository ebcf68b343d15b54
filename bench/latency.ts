import { shown, shownAll, type Benchmark, type Section } from './benchmark.ts';
import { loadSide, type Latencies, type Load, type LoadedSide } from './load.ts';
import { openStage } from './stage/bench-stage.ts';
import type { Variant } from './stage/variant.ts';
import { median, percentile } from './statistics.ts';

const LOADS: readonly Load[] = [50, 200].flatMap((deliveriesPerSecond) =>
  [1, 10].map((subscribersPerEvent) => ({ deliveriesPerSecond, subscribersPerEvent })),
);

const SIZES = {
  full: { loads: LOADS, rounds: 3, seconds: 3 },
  tiny: { loads: [{ deliveriesPerSecond: 20, subscribersPerEvent: 10 }], rounds: 1, seconds: 1 },
};

interface Measured {
  readonly load: Load;
  readonly rounds: Readonly<Record<Variant, Latencies[]>>;
}

/**
 * Measures the time from the commit of an event to the arrival of its callbacks, under a steady
 * load.
 */
export const latency: Benchmark = {
  about: 'time from an event to its callbacks at 50 and 200 deliveries a second',
  async run({ size, note }) {
    const { loads, rounds, seconds } = SIZES[size];
    const stage = await openStage();
    try {
      const ours = await stage.startSide('ours');
      const conventional = await stage.startSide('conventional');
      const measured: Measured[] = [];
      for (const load of loads) {
        const sides: Record<Variant, LoadedSide> = {
          ours: await loadSide(stage, ours, load),
          conventional: await loadSide(stage, conventional, load),
        };
        const each: Measured = { load, rounds: { ours: [], conventional: [] } };
        // The warm-up is not measured.
        for (const variant of ['ours', 'conventional'] as const) await sides[variant].drive(1);
        for (let round = 0; round < rounds; round++) {
          for (const variant of ['ours', 'conventional'] as const) {
            const latencies = await sides[variant].drive(seconds);
            const { missing } = latencies;
            if (missing > 0 && variant === 'ours') throw new Error(`${missing} deliveries did not arrive`);
            // A message whose receipt was lost waits for the end of its lease.
            if (missing > 0)
              note(`${loadName(load)}: a round of the conventional design is left out, ${missing} did not arrive`);
            else each.rounds[variant].push(latencies);
          }
          note(
            `${loadName(load)}, round ${round + 1}: p95 ${shown(p95(each.rounds.ours.at(-1)))} ms, conventional ${shown(p95(each.rounds.conventional.at(-1)))} ms`,
          );
        }
        measured.push(each);
      }
      return report(measured);
    } finally {
      await stage.stop();
    }
  },
};

function p95(latencies: Latencies | undefined): number {
  return percentile(latencies?.ms ?? [], 0.95);
}

function loadName({ deliveriesPerSecond, subscribersPerEvent }: Load): string {
  return `${deliveriesPerSecond}/s, ${subscribersPerEvent} an event`;
}

const TEXT = `Time in ms from the commit of an event to the outbox to the arrival of each of its callbacks, at a steady rate. Polls are started manually, at
most 25 per second, and find as many events as the rate requires. Percentiles are over all rounds. The target compares the medians of the
rounds' p95. The conventional design is the one of the fan-out. Its messages wait until the host polls the queue, which it does 100 ms
after an empty poll, as the real host does. Ours delivers the events of a poll within that poll.`;

function report(measured: readonly Measured[]): Section {
  const rows = measured.flatMap(({ load, rounds }) =>
    (['ours', 'conventional'] as const).map((variant) => {
      const all = rounds[variant].flatMap(({ ms }) => ms);
      const percentiles = [0.5, 0.95, 0.99].map((share) => shown(percentile(all, share)));
      return [loadName(load), variant, ...percentiles, shownAll(rounds[variant].map(p95))];
    }),
  );
  return {
    title: 'From an event to its callbacks',
    text: TEXT,
    targets: measured
      .filter(({ load }) => load.deliveriesPerSecond === 200)
      .map(({ load, rounds }) => {
        const share = median(rounds.ours.map(p95)) / median(rounds.conventional.map(p95));
        return {
          what: `p95 at ${loadName(load)}, share of the conventional design's`,
          target: '≤ 1/3',
          measured: shown(share),
          met: share <= 1 / 3,
        };
      }),
    tables: [{ columns: ['deliveries', 'design', 'p50', 'p95', 'p99', 'p95 of each round'], rows }],
    chart: {
      title: 'p95 from the commit of an event to a callback',
      unit: 'ms',
      groups: measured.map(({ load, rounds }) => ({
        name: loadName(load),
        bars: (['ours', 'conventional'] as const).map((name) => ({ name, value: median(rounds[name].map(p95)) })),
      })),
    },
  };
}
