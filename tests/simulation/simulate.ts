import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { readCommandLine } from '../../scripts/command-line.ts';
import { forkedLane, ownLane, serveLane, type Batch, type Lane } from './lane.ts';
import type { Plan, PlanOptions } from './plan.ts';
import { simulate } from './simulation.ts';
import { addTally, emptyTally, summaryOf, violationsOf } from './tally.ts';

const BATCH = 100;
const PROGRESS_MS = 30_000;

const usage = `npm run simulate -- [option …]

Simulates failing storage, crashing workers and changing flows, one simulation per seed. Ctrl-C ends a long run with a summary.

  --seeds N         how many simulations (default 2000)
  --from N          the seed of the first (default 1)
  --processes N     how many run at the same time (default 1)
  --keep-going      a violation does not end the run
  --until PATTERN   only a violation that matches the regular expression ends the run
  --seed S          one simulation, with its trace; with --quiet only the last line
  --small-chunks    every subscription is a chunk of its own
  --sparse          every simulation lasts 30 to 90 days in which little happens
  --plan JSON       changes the plan of every simulation: '{"flows": 1}'`;

async function main(): Promise<void> {
  const { values } = readCommandLine(usage, {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    processes: { type: 'string', default: '1' },
    'small-chunks': { type: 'boolean', default: false },
    sparse: { type: 'boolean', default: false },
    plan: { type: 'string', default: '{}' },
    until: { type: 'string', default: '' },
    quiet: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    // One of its own child processes, which receives batches of seeds.
    lane: { type: 'boolean', default: false },
  });
  if (values.lane) {
    serveLane();
    return;
  }
  if (values['small-chunks']) {
    const others = process.argv.slice(2).filter((argument) => argument !== '--small-chunks');
    await withBundle({ smallChunks: true }, async (bundle) => {
      const [code] = (await once(fork(bundle, others), 'exit')) as [number | null];
      process.exitCode = code ?? 1;
    });
    return;
  }
  const change = JSON.parse(values.plan) as Partial<Plan>;
  const options = { sparse: values.sparse };
  if (values.seed !== undefined) return runOne(Number(values.seed), { change, options }, values.quiet);
  const range = {
    from: Number(values.from),
    count: Number(values.seeds),
    keepGoing: values['keep-going'],
    until: values.until,
    change,
    options,
  };
  const processes = Number(values.processes);
  if (processes === 1) return runMany(range, [ownLane]);
  // Sources may change during a long run. The bundle does not.
  return withBundle({}, (bundle) =>
    runMany(
      range,
      Array.from({ length: processes }, () => forkedLane(bundle)),
    ),
  );
}

/**
 * The bundle of the simulation: this file if it is one, else a new one that is removed at the end.
 */
async function withBundle(
  { smallChunks = false }: { smallChunks?: boolean },
  use: (bundle: string) => Promise<void>,
): Promise<void> {
  const own = process.argv[1] ?? '';
  if (!own.endsWith('.ts')) return use(own);
  const { buildVariant, SMALL_CHUNKS } = await import('./variant.ts');
  const bundle = await buildVariant(smallChunks ? SMALL_CHUNKS : []);
  try {
    await use(bundle);
  } finally {
    rmSync(path.dirname(bundle), { recursive: true });
  }
}

async function runOne(
  seed: number,
  { change, options }: { readonly change: Partial<Plan>; readonly options: PlanOptions },
  quiet: boolean,
): Promise<void> {
  const outcome = await simulate(seed, change, options);
  if (!quiet) print(outcome.trace());
  print(`seed ${seed}: ${outcome.violation ?? 'all holds'} (trace ${outcome.hash()})`);
  process.exitCode = outcome.violation === undefined ? 0 : 1;
}

/** Distributes the seeds in batches, reports progress, and prints the summary. */
async function runMany(
  { from, count, keepGoing, until = '', change = {}, options = {} }: Batch,
  lanes: readonly Lane[],
): Promise<void> {
  const startedMs = performance.now();
  const tally = emptyTally();
  let cpuMs = 0;
  let next = from;
  const reports: string[] = [];
  const rate = (): string => `${(tally.seeds / ((performance.now() - startedMs) / 1000)).toFixed(0)} seeds/s`;
  const progress = setInterval(() => {
    const found = violationsOf(tally) > 0 ? `: ${Object.values(tally.violations).flat().slice(0, 20).join(' ')}` : '';
    print(`${tally.seeds} of ${count} seeds, ${rate()}, ${violationsOf(tally)} violations${found}`);
  }, PROGRESS_MS);
  process.once('SIGINT', () => (next = Infinity));
  const work = async (lane: Lane): Promise<void> => {
    while (reports.length === 0 && next < from + count) {
      const batch = { from: next, count: Math.min(BATCH, from + count - next), keepGoing, until, change, options };
      next += batch.count;
      const { report, ...done } = await lane.run(batch);
      addTally(tally, done.tally);
      cpuMs += done.cpuMs;
      if (report !== undefined && !keepGoing) reports.push(report);
    }
  };
  await Promise.all(lanes.map(work));
  clearInterval(progress);
  for (const lane of lanes) lane.close();
  if (reports[0] !== undefined) print(reports[0]);
  for (const line of summaryOf(tally)) print(line);
  print(`from seed ${from} on, ${rate()}, ${(tally.seeds / (cpuMs / 1000)).toFixed(0)} per second of processor`);
  process.exitCode = violationsOf(tally) > 0 ? 1 : 0;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

void main();
