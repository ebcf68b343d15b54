import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCommandLine } from '../../scripts/command-line.ts';
import { startSharedAzurite } from '../helpers/azurite.ts';
import { readEquivalents, staleOf } from './equivalent.ts';
import { faultsOf } from './faults.ts';
import { openLane, type Lane } from './job.ts';
import { diffOf, keyOf, lineNumber, linesOf, plant, type Mutant } from './mutant.ts';
import { openResults, type Result, type Results } from './results.ts';
import { shuffled } from './sample.ts';
import { takeSurvey } from './survey.ts';
import { openTypeCheck } from './types.ts';

const AREAS = 'shared/{deliveries,detection,subscriptions,rate-limit,work,outgoing,operations,events,triggers}/**/*.ts';
/** Schemas, measurements and lines of the log. */
const INFORMATIONAL = /(-schemas|telemetry|attempt-log|operator-responses)\.ts$/;
const SURVEYED = 60;
const NOT_COPIED = new Set(['.git', 'build', 'dist', 'node_modules']);

const root = process.cwd();

const usage = `npm run mutants -- [option …]

Plants one small fault at a time in the sources: another comparison, constant or order, a condition negated, an await or a write left
out. Runs the seeds of the simulation and the tests that pass the changed line, and shows the faults that nothing noticed. Exits with 1 when
there is one that tests/mutants/equivalent.json does not explain, or when that explains what is no longer there.

  --count N         how many faults (default 100)
  --seed S          which ones (default 1)
  --files GLOB      in which sources (default ${AREAS})
  --seeds N         how many seeds each is tried with (default 20)
  --seconds N       how much processor time its seeds and other tests than those of its file may take (default 8)
  --processes N     how many run at the same time (default 2)
  --out FILE        where the results are kept: a run that was interrupted goes on from there
  --survivors       tries again what survived in FILE, and nothing else`;

async function main(): Promise<void> {
  const { values } = readCommandLine(usage, {
    count: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    files: { type: 'string', default: AREAS },
    seeds: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '8' },
    processes: { type: 'string', default: '2' },
    out: { type: 'string' },
    survivors: { type: 'boolean', default: false },
  });
  const files = globSync(values.files).filter((file) => !INFORMATIONAL.test(file));
  const texts = new Map(files.toSorted().map((file) => [file, readFileSync(file, 'utf8')]));
  const textOf = (file: string): string => texts.get(file) ?? '';
  const equivalents = readEquivalents();
  const explained = new Set(equivalents.map(keyOf));
  const results = openResults(values.out === undefined ? undefined : path.resolve(values.out));
  const survived = new Set(results.all().flatMap((result) => (result.outcome === 'survived' ? [keyOf(result)] : [])));
  const all = [...texts].flatMap(([file, text]) => faultsOf(file, text));
  const isWanted = (mutant: Mutant): boolean =>
    !values.survivors || survived.has(keyOf(linesOf(textOf(mutant.file), mutant)));
  const sample = shuffled(texts, all, Number(values.seed))
    .filter(isWanted)
    .slice(0, values.survivors ? undefined : Number(values.count));
  const isNew = (mutant: Mutant): boolean => {
    const lines = linesOf(textOf(mutant.file), mutant);
    return !explained.has(keyOf(lines)) && (values.survivors || !results.has(lines));
  };
  const queue = sample.filter(isNew);
  print(`${all.length} faults are possible in ${texts.size} files; ${queue.length} of ${sample.length} are tried`);

  process.env['TEST_ROTATION'] = '0';
  const copy = copyOfProject();
  process.chdir(copy);
  const azurite = await startSharedAzurite();
  const lanes = Array.from({ length: Number(values.processes) }, openLane);
  try {
    const survey = await takeSurvey(lanes, texts, SURVEYED);
    print('surveyed');
    for (const failing of survey.failing) print(`fails without a fault, and is left out: ${failing}`);
    const tryOne = async (lane: Lane, mutant: Mutant): Promise<Result> => {
      const startedMs = performance.now();
      const text = textOf(mutant.file);
      const planted = plant(text, mutant);
      const steps = survey.stepsFor(mutant, { seeds: Number(values.seeds), ms: Number(values.seconds) * 1000 });
      const verdict = await lane.run({ planted: new Map([[mutant.file, planted]]), steps, isSurvey: false });
      const resultOf = (outcome: Result['outcome'], by: string): Result => ({
        ...linesOf(text, mutant),
        line: lineNumber(text, mutant.start),
        fault: mutant.fault,
        outcome,
        by,
        seconds: Math.round((performance.now() - startedMs) / 100) / 10,
      });
      if (verdict.kind === 'noticed') return resultOf(verdict.by, verdict.what);
      const seeds = steps.filter(({ kind }) => kind === 'seed').length;
      return resultOf('survived', `${seeds} seeds and the tests of ${steps.length - seeds} files`);
    };
    await Promise.all(
      lanes.map(async (lane) => {
        for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
          const result = await tryOne(lane, mutant);
          results.add(result);
          if (result.outcome === 'survived') printSurvivor(result);
        }
      }),
    );
    refuse(sample, textOf, results);
  } finally {
    for (const lane of lanes) lane.close();
    await azurite.stop();
    process.chdir(root);
    rmSync(copy, { recursive: true });
  }
  const stale = staleOf(equivalents, (file) => readFileSync(file, 'utf8'));
  for (const { file, original } of stale) print(`equivalent.json explains what is no longer in ${file}:\n${original}`);
  summarise(
    sample.map((mutant) => keyOf(linesOf(textOf(mutant.file), mutant))),
    explained,
    results.all(),
    stale.length,
  );
}

/**
 * What survived the tests and the compiler refuses: at the end, for it takes as long as many tests.
 */
function refuse(mutants: readonly Mutant[], textOf: (file: string) => string, results: Results): void {
  const survivors = new Map(
    results
      .all()
      .filter(({ outcome }) => outcome === 'survived')
      .map((result) => [keyOf(result), result]),
  );
  const isRefused = openTypeCheck();
  for (const mutant of mutants) {
    const survivor = survivors.get(keyOf(linesOf(textOf(mutant.file), mutant)));
    if (survivor === undefined || !isRefused(mutant.file, plant(textOf(mutant.file), mutant))) continue;
    results.add({ ...survivor, outcome: 'types', by: 'the compiler' });
    print(`the compiler refuses ${survivor.file}:${survivor.line}`);
  }
}

/** Sources and tests may change while a long run goes on: what it runs does not. */
function copyOfProject(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'mutants-'));
  for (const part of readdirSync('.').filter((each) => !NOT_COPIED.has(each)))
    cpSync(part, path.join(copy, part), { recursive: true });
  symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

function printSurvivor(result: Result): void {
  const { file, line, within, fault, by } = result;
  print(`\nSURVIVED ${file}:${line} in ${within || 'the file'}: ${fault} (${by})\n${diffOf(result)}`);
}

function summarise(
  keys: readonly string[],
  explained: ReadonlySet<string>,
  all: readonly Result[],
  stale: number,
): void {
  const wanted = new Set(keys);
  const results = all.filter((result) => wanted.has(keyOf(result)) && !explained.has(keyOf(result)));
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length;
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0) / Math.max(1, results.length);
  print(`
${results.length} planted, ${seconds.toFixed(1)} s each:
${String(count('seeds')).padStart(6)} noticed by seeds
${String(count('tests')).padStart(6)} noticed by tests
${String(count('ended')).padStart(6)} broke off, or did not end
${String(count('types')).padStart(6)} refused by the compiler
${String(count('survived')).padStart(6)} survived
${String(wanted.size - results.length).padStart(6)} known to be equivalent, and not tried`);
  if (count('survived') + stale > 0) process.exitCode = 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main();
