import { createRequire } from 'node:module';
import path from 'node:path';
import type testSequencer from '@jest/test-sequencer';
import { readDurations } from './durations.ts';

/** Its types describe the CommonJS module, not what an import of it gives. */
const { default: TestSequencer } = createRequire(import.meta.url)('@jest/test-sequencer') as typeof testSequencer;
type Sequencer = InstanceType<typeof TestSequencer>;
type TestFile = Parameters<Sequencer['sort']>[0] extends Iterable<infer T> ? T : never;

/** Folders whose files take long, for those that were never run here. The longest come first. */
const SLOW = ['tests/simulation', 'tests/browser', 'tests/faults', 'tests/e2e', 'tests/bench', 'tests/functions'];
const SLOW_MS = 10_000;

/**
 * The order in which Jest runs the files: the longest first, so that at the end no worker waits
 * long for another.
 *
 * @public
 */
export default class LongestFirst extends TestSequencer {
  override sort(tests: readonly TestFile[]): TestFile[] {
    const durations = readDurations();
    const expected = ({ path: file }: TestFile): number => {
      const name = path.relative(process.cwd(), file);
      const slow = SLOW.findIndex((folder) => name.startsWith(folder));
      return durations[name] ?? (slow < 0 ? 0 : SLOW_MS * (SLOW.length - slow));
    };
    return [...tests].sort((a, b) => expected(b) - expected(a) || (a.path < b.path ? -1 : 1));
  }
}
