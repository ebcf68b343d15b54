import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

/**
 * `[--seeds 2000] [--from 1] [--processes 1] [--keep-going]` for many, `--seed S [--quiet]` for one with its trace. With
 * `--small-chunks` every subscription is a chunk of its own.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      processes: { type: 'string', default: '1' },
      'small-chunks': { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      'keep-going': { type: 'boolean', default: false },
    },
  });
  if (values['small-chunks']) {
    const { buildVariant, SMALL_CHUNKS } = await import('./variant.ts');
    const others = process.argv.slice(2).filter((argument) => argument !== '--small-chunks');
    const [code] = (await once(fork(await buildVariant(SMALL_CHUNKS), others), 'exit')) as [number | null];
    process.exitCode = code ?? 1;
    return;
  }
  if (values.seed !== undefined) return runOne(Number(values.seed), values.quiet);
  const seeds = { from: Number(values.from), count: Number(values.seeds) };
  const keepGoing = values['keep-going'];
  const processes = Number(values.processes);
  if (processes === 1) return runMany(seeds, keepGoing);
  const share = Math.ceil(seeds.count / processes);
  const children = Array.from({ length: processes }, (_, index) =>
    fork(process.argv[1] ?? '', [
      ...[
        '--from',
        String(seeds.from + index * share),
        '--seeds',
        String(Math.min(share, seeds.count - index * share)),
      ],
      ...(keepGoing ? ['--keep-going'] : []),
    ]),
  );
  const codes = await Promise.all(children.map(async (child) => ((await once(child, 'exit')) as [number | null])[0]));
  process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
}

async function runOne(seed: number, quiet: boolean): Promise<void> {
  const outcome = await simulate(seed);
  if (!quiet) print(outcome.trace());
  print(`seed ${seed}: ${outcome.violation ?? 'all holds'} (trace ${outcome.hash()})`);
  process.exitCode = outcome.violation === undefined ? 0 : 1;
}

async function runMany({ from, count }: { from: number; count: number }, keepGoing: boolean): Promise<void> {
  const started = process.cpuUsage();
  const startedMs = performance.now();
  let [done, callbacks, steps] = [0, 0, 0];
  const failed = new Map<string, number[]>();
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await simulate(seed);
    done += 1;
    callbacks += outcome.posts;
    steps += outcome.steps;
    if (outcome.violation === undefined) continue;
    const kind = kindOf(outcome.violation);
    failed.set(kind, [...(failed.get(kind) ?? []), seed]);
    if (keepGoing) continue;
    print(outcome.trace());
    print(`seed ${seed}: ${outcome.violation}`);
    break;
  }
  for (const [kind, seeds] of failed) print(`${seeds.length} × ${kind}: seeds ${seeds.slice(0, 12).join(' ')}`);
  const { user, system } = process.cpuUsage(started);
  const cpuSeconds = (user + system) / 1e6;
  const seconds = (performance.now() - startedMs) / 1000;
  const rates = `${(done / seconds).toFixed(0)} seeds/s, ${(done / cpuSeconds).toFixed(0)} per second of processor`;
  print(
    `${done} seeds from ${from}, ${steps} steps, ${callbacks} callbacks, ${failed.size} kinds of violation; ${rates}`,
  );
  process.exitCode = failed.size > 0 ? 1 : 0;
}

/** A violation without its ids and instants. */
function kindOf(violation: string): string {
  const [line = ''] = violation.split('\n');
  return line.replaceAll(/[\w-]*\d[\w:.-]*/g, '…').slice(0, 110);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

void main();
