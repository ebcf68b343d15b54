import { openSurveys } from './kept-surveys.ts';
import type { Lane, Passed, Step } from './job.ts';
import type { Mutant } from './mutant.ts';
import { importedBy, memoryTests } from './memory-tests.ts';
import { spanAround, probesOf, withProbes } from './probes.ts';

/** What every seed and every test passes while nothing is wrong. */
export interface Survey {
  /** The tests that fail without a fault: they are left out. */
  readonly failing: readonly string[];
  /**
   * Those that pass the span of a fault: first the tests that import its file, then the others
   * within the time, the quick ones first.
   */
  stepsFor(mutant: Mutant, most: { readonly seeds: number; readonly ms: number }): readonly Step[];
}

/** Runs everything once. */
export async function takeSurvey(
  lanes: readonly Lane[],
  texts: ReadonlyMap<string, string>,
  seeds: number,
): Promise<Survey> {
  const planted = new Map([...texts].map(([file, text]) => [file, withProbes(file, text)]));
  const steps: Step[] = [
    ...Array.from({ length: seeds }, (_, index): Step => ({
      kind: 'seed',
      seed: index + 1,
      smallChunks: index % 3 === 2,
      ms: 60_000,
    })),
    ...memoryTests().map((file): Step => ({ kind: 'tests', file, numbers: 'all', ms: 60_000 })),
  ];
  const kept = openSurveys(texts);
  const all = steps.flatMap((step) => kept.get(step) ?? []);
  const missing = steps.filter((step) => kept.get(step) === undefined);
  await Promise.all(
    lanes.map(async (lane, index) => {
      for (const step of missing.filter((_, number) => number % lanes.length === index)) {
        const passed: Passed[] = [];
        const verdict = await lane.run({ planted, steps: [step], isSurvey: true }, (one) => passed.push(one));
        if (verdict.kind === 'noticed') throw new Error(`the survey broke off: ${verdict.what}`);
        all.push(...passed);
        kept.set(step, passed);
      }
    }),
  );
  kept.save();
  const right = all.filter(({ isFailing }) => !isFailing).toSorted((a, b) => a.ms - b.ms);
  const probes = new Map([...texts].map(([file, text]) => [file, probesOf(file, text)]));

  const passes = (mutant: Mutant): ((passed: Passed) => boolean) => {
    const around = spanAround(mutant.file, probes.get(mutant.file) ?? [], mutant.start);
    if (around !== undefined) return ({ spans }) => spans.has(around);
    // A default of a parameter and what runs when a file is loaded concern all that pass the file
    // or name the constant.
    const readers = spansThatName(mutant.within);
    return ({ spans }) => [...spans].some((span) => readers.has(span) || span.startsWith(`${mutant.file}#`));
  };
  /**
   * Where a constant is read, in whatever file: another one of the same name costs a few tests
   * more.
   */
  const spansThatName = (name: string): ReadonlySet<string> => {
    const found = new Set<string>();
    if (!/^\w+$/.test(name)) return found;
    for (const [file, text] of texts) {
      for (const { index } of text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))) {
        const span = spanAround(file, probes.get(file) ?? [], index);
        if (span !== undefined) found.add(span);
      }
    }
    return found;
  };
  return {
    failing: all.flatMap(({ by, isFailing }) =>
      !isFailing ? [] : [by.kind === 'seed' ? `seed ${by.seed}` : `${by.file} (test ${by.number})`],
    ),
    stepsFor(mutant, most) {
      const seeds: Step[] = [];
      const tests = new Map<string, { ms: number; numbers: Set<number> }>();
      for (const { by, ms } of right.filter(passes(mutant))) {
        if (by.kind === 'seed') {
          if (seeds.length < most.seeds) seeds.push({ ...by, ms });
          continue;
        }
        const ofFile = tests.get(by.file) ?? { ms: 0, numbers: new Set() };
        ofFile.numbers.add(by.number);
        tests.set(by.file, { ...ofFile, ms: ofFile.ms + ms });
      }
      const files = [...tests].map(([file, ofFile]): Step => ({ kind: 'tests', file, ...ofFile }));
      const isDirect = (step: Step): boolean => step.kind === 'tests' && importedBy(step.file).includes(mutant.file);
      const quickFirst = [...seeds, ...files].toSorted((a, b) => a.ms - b.ms);
      let ms = 0;
      const others = quickFirst.filter((step) => !isDirect(step) && (ms += step.ms) <= most.ms);
      return [...quickFirst.filter(isDirect), ...others];
    },
  };
}
