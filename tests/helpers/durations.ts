import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { testSize } from './test-size.ts';

/**
 * How long each file of tests took when it was last run at this size, in ms, by its path from the
 * project's folder.
 */
export type Durations = Readonly<Record<string, number>>;

/** Beside the caches of the other tools: neither git nor prettier reads it. */
const file = path.join(
  import.meta.dirname,
  '..',
  '..',
  'node_modules',
  '.cache',
  'tests',
  `durations-${testSize}.json`,
);

/** None before the first run. */
export function readDurations(): Durations {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Durations;
  } catch {
    return {};
  }
}

/** Keeps what is known of the files that were not run. */
export function writeDurations(fresh: Durations): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...readDurations(), ...fresh }));
}
