import { readCommandLine, refuseCommandLine } from '../scripts/command-line.ts';
import type { Benchmark } from './benchmark.ts';
import { blackHoles } from './black-holes.ts';
import { dashboard } from './dashboard.ts';
import { detection } from './detection.ts';
import { fanOut } from './fan-out.ts';
import { floor } from './floor.ts';
import { hangs } from './hangs.ts';
import { kill } from './kill.ts';
import { latency } from './latency.ts';
import { loadTime } from './load-time.ts';
import { peers } from './peers.ts';
import { rateLimit } from './rate-limit.ts';
import { describeMachine, renderSection, writeSection } from './report.ts';
import { scale } from './scale.ts';
import { schedule } from './schedule.ts';
import { soak } from './soak.ts';
import { views } from './views.ts';

/** The subcommands, in the order of execution and documentation. */
const benchmarks: Readonly<Record<string, Benchmark>> = {
  'fan-out': fanOut,
  latency,
  peers,
  floor,
  'black-holes': blackHoles,
  hangs,
  kill,
  soak,
  detection,
  schedule,
  scale,
  'rate-limit': rateLimit,
  'load-time': loadTime,
  views,
  dashboard,
};

const usage = `npm run bench -- [benchmark …] [--write]

${Object.entries(benchmarks)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')}

Without a name, all benchmarks run but for peers. --write puts the results into the docs. Run nothing else on the machine meanwhile.`;

const options = { write: { type: 'boolean', default: false } } as const;
const { values, positionals } = readCommandLine(usage, options, { allowPositionals: true });
const unknown = positionals.filter((name) => !(name in benchmarks));
if (unknown.length > 0) refuseCommandLine(`There is no benchmark ${unknown.join(', ')}.`, usage);

const machine = await describeMachine();
console.log(`${machine}\n`);
let missed = 0;
for (const [name, benchmark] of Object.entries(benchmarks)) {
  const isSelected = positionals.length > 0 ? positionals.includes(name) : benchmark !== peers;
  if (!isSelected) continue;
  const startedAtMs = performance.now();
  const section = await benchmark.run({ size: 'full', note: (line) => console.error(`  ${name}: ${line}`) });
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  console.log(`## ${section.title} (${seconds} s)\n\n${renderSection(section)}\n`);
  missed += section.targets.filter(({ met }) => !met).length;
  if (values.write) await writeSection(name, section, machine);
}
console.log(missed === 0 ? 'All targets are met.' : `${missed} targets are missed.`);
