import { shown, shownAll, type Benchmark } from './benchmark.ts';
import { openStage, pause, subscribe, waitAtMost, type Side, type Stage } from './stage/bench-stage.ts';
import { percentile } from './statistics.ts';

const SIZES = {
  full: { instances: 200, rounds: 5, pollSeconds: 10 },
  tiny: { instances: 4, rounds: 1, pollSeconds: 2 },
};
/** More calls than the benchmark makes. */
const FOR_EVER = 1e9;

/**
 * Measures the longest wait of healthy instances for their callbacks, while the API of one instance
 * and a flow of another hang.
 */
export const hangs: Benchmark = {
  about: 'delay of healthy instances while the API of another instance and a flow hang',
  async run({ size, note }) {
    const { instances, rounds, pollSeconds } = SIZES[size];
    const stage = await openStage();
    try {
      const environment = { POLL_SCHEDULE: `*/${pollSeconds} * * * * *` };
      const side = await stage.startSide('ours', { environment });
      const healthy = Array.from({ length: instances }, () => stage.addInstance(1));
      for (const instanceId of healthy) await subscribed(stage, side, instanceId, `flows/${instanceId}`);
      const without = await measured(stage, healthy, {
        rounds,
        pollSeconds,
        note: (ms) => note(`without: ${shown(ms)} ms`),
      });
      const hanging = stage.addInstance(1);
      stage.insights.control.addFault({ fault: { kind: 'hang' }, times: FOR_EVER, pathIncludes: hanging });
      await subscribed(stage, side, hanging, `flows/${hanging}`);
      const blackHole = stage.addInstance(1);
      await subscribed(stage, side, blackHole, `black-hole/${blackHole}`);
      const meanwhile = (): void => stage.raise(blackHole, 0);
      const withThem = await measured(stage, healthy, {
        rounds,
        pollSeconds,
        meanwhile,
        note: (ms) => note(`with: ${shown(ms)} ms`),
      });
      const longest = Math.max(...withThem.flat()) / 1000;
      const bound = (percentile(without.flat(), 1) + pollSeconds * 1000) / 1000;
      return {
        title: 'Instances and flows that hang',
        text: `${instances} instances with one flow each, polled every ${pollSeconds} s by the timer. In each round all of them have an event at the same moment. Measured is
the time from that moment to each callback: the wait for the next poll, and the poll. _With_: the API of one more instance accepts every call and never
responds, and the flow of another accepts every callback and never responds. That flow has an event in each round.`,
        targets: [
          {
            what: 'longest wait of a healthy instance, with both',
            target: `≤ ${shown(bound)} s: without them, and one poll`,
            measured: `${shown(longest)} s`,
            met: longest <= bound,
          },
        ],
        tables: [
          {
            columns: ['', 'p50 in s', 'p95 in s', 'longest of each round in s'],
            rows: (
              [
                ['without', without],
                ['with', withThem],
              ] as const
            ).map(([name, all]) => [
              name,
              shown(percentile(all.flat(), 0.5) / 1000),
              shown(percentile(all.flat(), 0.95) / 1000),
              shownAll(all.map((ms) => Math.max(...ms) / 1000)),
            ]),
          },
        ],
      };
    } finally {
      await stage.stop();
    }
  },
};

/** Also adds the instance to the list that the timer polls. */
async function subscribed(stage: Stage, side: Side, instanceId: string, path: string): Promise<void> {
  await subscribe(side, { instanceId, segment: 0, urls: stage.flowUrls(1, path) });
  const row = { partitionKey: 'instances', rowKey: instanceId, v: 1 };
  await side.tables.write('instances', [{ kind: 'upsert', row }]);
}

/** The duration of each callback in ms, by round. */
async function measured(
  stage: Stage,
  healthy: readonly string[],
  {
    rounds,
    pollSeconds,
    meanwhile,
    note,
  }: { rounds: number; pollSeconds: number; meanwhile?: () => void; note: (longestMs: number) => void },
): Promise<number[][]> {
  const all: number[][] = [];
  // The first round is a warm-up.
  for (let round = -1; round < rounds; round++) {
    const arriving = await stage.sink.begin({ expected: healthy.length });
    const startedAtMs = Date.now();
    meanwhile?.();
    for (const instanceId of healthy) stage.raise(instanceId, 0);
    await waitAtMost(10 * pollSeconds * 1000, arriving.complete);
    const arrivals = (await arriving.arrivals()).filter(({ isBlackHole, isLate }) => !isBlackHole && !isLate);
    const first = new Map<string, number>();
    for (const { id, atMs } of arrivals) if (!first.has(id)) first.set(id, atMs - startedAtMs);
    if (first.size !== healthy.length) throw new Error(`${healthy.length - first.size} deliveries did not arrive`);
    if (round >= 0) {
      all.push([...first.values()]);
      note(Math.max(...first.values()));
    }
    await pause(1_000);
  }
  return all;
}
