import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { Passed, Step } from './job.ts';
import { closureOf } from './memory-tests.ts';

/** What each step passed when it last ran over the same sources. */
export interface KeptSurveys {
  get(step: Step): readonly Passed[] | undefined;
  set(step: Step, passed: readonly Passed[]): void;
  save(): void;
}

const FILE = path.resolve('node_modules/.cache/mutants/survey');

/** `probed`: the sources that have probes. */
export function openSurveys(probed: ReadonlyMap<string, string>): KeptSurveys {
  const kept = existsSync(FILE)
    ? (deserialize(readFileSync(FILE)) as Map<string, readonly Passed[]>)
    : new Map<string, readonly Passed[]>();
  const hashes = new Map<string, string>();
  const hashOf = (file: string): string => {
    const known = hashes.get(file);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update([...probed.keys()].join());
    for (const each of [...closureOf(file)].filter((one) => existsSync(one)).toSorted())
      hash.update(readFileSync(each));
    const text = hash.digest('base64url');
    hashes.set(file, text);
    return text;
  };
  const keyOf = (step: Step): string =>
    step.kind === 'seed'
      ? `${step.seed} ${step.smallChunks} ${hashOf('tests/simulation/simulation.ts')}`
      : `${step.file} ${hashOf(step.file)}`;
  const now = new Map<string, readonly Passed[]>();
  return {
    get(step) {
      const passed = kept.get(keyOf(step));
      if (passed !== undefined) now.set(keyOf(step), passed);
      return passed;
    },
    set: (step, passed) => now.set(keyOf(step), passed),
    save() {
      mkdirSync(path.dirname(FILE), { recursive: true });
      writeFileSync(FILE, serialize(now));
    },
  };
}
