import { readFileSync } from 'node:fs';
import { addEventHandler, getState, resetState, run } from 'jest-circus';
import fc from 'fast-check';
import type { simulate as Simulate } from '../simulation/simulation.ts';
import type { Edit } from '../simulation/safeguards.ts';
import { SMALL_CHUNKS } from '../simulation/variant.ts';
import type { Job, SeedStep, Step, Report, Verdict } from './job.ts';
import { loaderOf, type Planted } from './loader.ts';

/** A process that is sent jobs, one at a time, and reports the result of each. */

/**
 * The machine may be busy with something else: what is waited for by the clock is a multiple of
 * what the processor needs, and this.
 */
const PATIENCE = 30;
const TEST_PATIENCE_MS = 60_000;
/** How often the process may come to rest in a fixture that only goes on by itself. */
const RESTS = 20;

declare global {
  /** Called by sources with probes. */
  var passed: ((span: string) => void) | undefined;
}

type Load = (file: string) => unknown;

let spans = new Set<string>();
let startedMs = 0;
let watched: { numbers: ReadonlySet<number> | 'all'; count: number; onDone: OnDone } | undefined;
type OnDone = (
  number: number,
  test: { readonly name: string; readonly errors: readonly unknown[]; readonly ms: number },
) => void;

addEventHandler((event) => {
  if (watched === undefined) return;
  if (event.name === 'test_start') {
    const number = watched.count++;
    startedMs = processorMs();
    if (watched.numbers !== 'all' && !watched.numbers.has(number)) event.test.mode = 'skip';
  }
  if (event.name !== 'test_done') return;
  const { name, errors } = event.test;
  watched.onDone(watched.count - 1, { name, errors, ms: processorMs() - startedMs });
});

async function runJob({ planted, steps, isSurvey }: Job): Promise<Verdict> {
  const load = loaderOf(planted);
  const loadSmall = once(() => loaderOf(withEdits(planted, SMALL_CHUNKS)));
  for (const step of steps) {
    const limitMs = PATIENCE * step.ms;
    send({ kind: 'step', limitMs });
    const verdict =
      step.kind === 'seed'
        ? await runSeed(step.smallChunks ? loadSmall() : load, step, isSurvey)
        : await runTests(load, step, isSurvey);
    if (verdict.kind === 'noticed' && !isSurvey) return verdict;
  }
  return { kind: 'unnoticed' };
}

/**
 * The planted texts with further edits. A mutant of a line that an edit replaces stays as it is.
 */
function withEdits(planted: Planted, edits: readonly Edit[]): Planted {
  const texts = new Map(planted);
  for (const { file, find, replace } of edits) {
    const text = texts.get(file) ?? readFileSync(file, 'utf8');
    texts.set(
      file,
      text.replace(find, () => replace),
    );
  }
  return texts;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

async function runSeed(load: Load, step: SeedStep, isSurvey: boolean): Promise<Verdict> {
  const { seed } = step;
  const { simulate } = load('tests/simulation/simulation.ts') as { simulate: typeof Simulate };
  const startedMs = processorMs();
  const outcome = await Promise.race([simulate(seed), restless()]);
  if (isSurvey)
    reportPassed({
      by: step,
      isFailing: outcome?.violation !== undefined,
      ms: processorMs() - startedMs,
    });
  if (outcome === undefined)
    return { kind: 'noticed', by: 'seeds', what: `seed ${seed}: everything waits for ever`, isSpoilt: true };
  if (outcome.violation === undefined) return { kind: 'unnoticed' };
  return { kind: 'noticed', by: 'seeds', what: `seed ${seed}: ${outcome.violation}` };
}

/** Ends when the process has nothing to do: a fixture waits for nothing but itself. */
async function restless(): Promise<undefined> {
  for (let rests = 0; rests < RESTS; rests++) await new Promise((resolve) => setTimeout(resolve, 1));
}

async function runTests(
  load: Load,
  { file, numbers, ms }: Step & { readonly kind: 'tests' },
  isSurvey: boolean,
): Promise<Verdict> {
  let verdict: Verdict = { kind: 'unnoticed' };
  resetState();
  getState().testTimeout = isSurvey ? 120_000 : TEST_PATIENCE_MS + PATIENCE * ms;
  load(file);
  const onDone: OnDone = (number, test) => {
    const isFailing = test.errors.length > 0;
    if (isSurvey) reportPassed({ by: { kind: 'test', file, number }, isFailing, ms: test.ms });
    if (!isFailing || isSurvey || verdict.kind === 'noticed') return;
    const isSpoilt = test.errors.flat().some((error) => String(error).includes('Exceeded timeout'));
    verdict = { kind: 'noticed', by: 'tests', what: `${file}: ${test.name}`, isSpoilt };
    if (watched !== undefined) watched.numbers = new Set();
  };
  watched = { numbers, count: 0, onDone };
  await run();
  watched = undefined;
  return verdict;
}

function reportPassed(passed: Omit<Report & { kind: 'passed' }, 'kind' | 'spans'>): void {
  send({ kind: 'passed', ...passed, spans });
  spans = new Set();
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function send(report: Report): void {
  process.send?.(report);
}

fc.configureGlobal({ seed: 1 });
process.on('disconnect', () => process.exit());
process.on('message', (message) => {
  const job = message as Job;
  globalThis.passed = job.isSurvey ? (span) => spans.add(span) : undefined;
  void runJob(job).then(send, (error: unknown) =>
    send({ kind: 'noticed', by: 'ended', what: String(error).split('\n')[0] ?? '' }),
  );
});
