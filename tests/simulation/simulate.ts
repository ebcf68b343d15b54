import { parseArgs } from 'node:util';
import { simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
const startedMs = performance.now();
let posts = 0;
let steps = 0;
let failures = 0;
const kinds = new Map<string, number[]>();
for (let seed = first; seed < first + count; seed++) {
  const outcome = await simulate(seed);
  posts += outcome.posts;
  steps += outcome.steps;
  if (values.seed !== undefined) console.log(outcome.trace());
  if (outcome.violation === undefined) continue;
  failures += 1;
  const kind =
    outcome.violation
      .split('\n')[0]
      ?.replace(/[\w-]*\d[\w:.-]*/g, '…')
      .slice(0, 110) ?? '';
  kinds.set(kind, [...(kinds.get(kind) ?? []), seed]);
  if (!values.keep) {
    if (values.seed === undefined) console.log(outcome.trace());
    console.log(`seed ${seed}: ${outcome.violation}`);
    break;
  }
}
for (const [kind, seeds] of kinds) console.log(`${seeds.length} × ${kind}: ${seeds.slice(0, 12).join(' ')}`);
const seconds = (performance.now() - startedMs) / 1000;
console.log(
  `${count} seeds, ${steps} steps, ${posts} callbacks, ${failures} violations, ${(count / seconds).toFixed(0)} seeds/s`,
);
process.exitCode = failures > 0 ? 1 : 0;
