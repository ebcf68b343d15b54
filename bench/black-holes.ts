import { shown, shownAll, type Benchmark } from './benchmark.ts';
import { loadSide, type Load } from './load.ts';
import { openStage } from './stage/bench-stage.ts';
import { median, percentile } from './statistics.ts';

const SIZES = {
  // The flood is longer than the deadline of an attempt, so the number of concurrent calls to black
  // holes has reached its maximum.
  full: { deliveriesPerSecond: 200, rounds: 5, seconds: 4, floodSeconds: 20 },
  tiny: { deliveriesPerSecond: 20, rounds: 1, seconds: 1, floodSeconds: 1 },
};

/**
 * Compares the latency of healthy subscribers while one in ten never responds with their latency
 * without such subscribers.
 */
export const blackHoles: Benchmark = {
  about: 'the same time for healthy subscribers while 10 % of all never respond',
  async run({ size, note }) {
    const { deliveriesPerSecond, rounds, seconds, floodSeconds } = SIZES[size];
    const stage = await openStage();
    try {
      // Two sides, so that calls that still hang from one round do not disturb the next round
      // without black holes.
      const load: Load = { deliveriesPerSecond, subscribersPerEvent: 10 };
      const without = await loadSide(stage, await stage.startSide('ours'), load);
      const withThem = await loadSide(stage, await stage.startSide('ours'), { ...load, blackHolesPerEvent: 1 });
      const p95s: Record<'without' | 'with', number[]> = { without: [], with: [] };
      await without.drive(1);
      await withThem.drive(floodSeconds);
      for (let round = 0; round < rounds; round++) {
        for (const [name, side] of [
          ['without', without],
          ['with', withThem],
        ] as const) {
          const { ms, missing } = await side.drive(seconds);
          if (missing > 0) throw new Error(`${missing} deliveries did not arrive`);
          p95s[name].push(percentile(ms, 0.95));
        }
        note(
          `round ${round + 1}: p95 ${shown(p95s.without[round] ?? NaN)} ms without, ${shown(p95s.with[round] ?? NaN)} ms with`,
        );
      }
      const times = median(p95s.with) / median(p95s.without);
      return {
        title: 'Black holes',
        text: `The same latency at ${deliveriesPerSecond} deliveries per second, with 10 subscribers per event, while one of the 10 accepts every call and never responds. Its
attempts time out after 15 s and are retried. Measured after ${floodSeconds} s of that load, and only for the other subscribers.`,
        targets: [
          {
            what: 'p95 of healthy subscribers, times that without',
            target: '≤ 1.5',
            measured: shown(times),
            met: times <= 1.5,
          },
        ],
        tables: [
          {
            columns: ['10 % black holes', 'p95 in ms, median', 'rounds'],
            rows: (['without', 'with'] as const).map((name) => [name, shown(median(p95s[name])), shownAll(p95s[name])]),
          },
        ],
      };
    } finally {
      await stage.stop();
    }
  },
};
