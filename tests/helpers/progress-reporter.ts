import path from 'node:path';
import { stripVTControlCharacters, styleText } from 'node:util';
import { readDurations, writeDurations } from './durations.ts';
import { rotation, testSize } from './test-size.ts';

/** What is read of Jest's results. */
interface FileResult {
  readonly testFilePath: string;
  readonly failureMessage?: string | null;
  readonly perfStats: { readonly runtime: number };
  readonly skipped: boolean;
}

interface RunResult {
  readonly numTotalTestSuites: number;
  readonly numFailedTestSuites: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly wasInterrupted?: boolean;
}

/** The longest time between two reports of progress. */
const PROGRESS_MS = 5_000;
/** When no file ends for so long, those that are running are named. */
const SILENCE_MS = 60_000;
/** What a file that was never run here may take: the average on two cores. */
const USUAL_MS = { small: 1_500, full: 4_000 };

/**
 * Says at the start how many files there are and about how long they take, then how far it is, and
 * nothing of what passes. Failures are reported at once, and again as the last thing of all. Jest
 * makes one for each run.
 *
 * @public
 */
export default class ProgressReporter {
  private readonly workers: number;
  private readonly startedAtMs = Date.now();
  private readonly durations: Record<string, number> = {};
  private readonly failures: string[] = [];
  private total = 0;
  private done = 0;
  private readonly running = new Set<string>();
  private silence: NodeJS.Timeout | undefined;
  private printedAtMs = Date.now();

  constructor({ maxWorkers }: { readonly maxWorkers: number }) {
    this.workers = maxWorkers;
  }

  onRunStart({ numTotalTestSuites }: RunResult): void {
    this.total = numTotalTestSuites;
    if (this.total === 0) return;
    const known = Object.values(readDurations());
    const averageMs = known.length < 50 ? USUAL_MS[testSize] : known.reduce((sum, ms) => sum + ms, 0) / known.length;
    const expected = timeOf((averageMs * this.total) / Math.min(this.workers, this.total));
    const part = testSize === 'small' ? `, part ${rotation} of the long lists (TEST_ROTATION)` : '';
    print(`${this.total} files of tests at ${testSize} size, about ${expected}${part}`);
  }

  onTestFileStart({ path: file }: { readonly path: string }): void {
    this.running.add(path.relative(process.cwd(), file));
    this.silence ??= setInterval(() => {
      print(`${this.progress()}  ${timeOf(Date.now() - this.startedAtMs)}, running: ${[...this.running].join(', ')}`);
    }, SILENCE_MS).unref();
  }

  onTestFileResult(_: unknown, { testFilePath, failureMessage, perfStats, skipped }: FileResult): void {
    const name = path.relative(process.cwd(), testFilePath);
    this.running.delete(name);
    this.silence?.refresh();
    this.done += 1;
    if (!skipped) this.durations[name] = perfStats.runtime;
    if (failureMessage) {
      this.failures.push(`${styleText('red', `✗ ${name}`)}\n${failureMessage.trimEnd()}`);
      print(`${this.progress()}  ${styleText('red', `✗ ${name}`)}\n${failureMessage.trimEnd()}\n`);
    } else if (this.done === this.total || Date.now() - this.printedAtMs >= PROGRESS_MS) {
      this.printedAtMs = Date.now();
      print(`${this.progress()}  ${timeOf(Date.now() - this.startedAtMs)}`);
    }
  }

  onRunComplete(_: unknown, result: RunResult): void {
    clearInterval(this.silence);
    writeDurations(this.durations);
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, wasInterrupted } = result;
    const skipped = pending > 0 ? `, ${pending} skipped` : '';
    const interrupted = wasInterrupted ? `, stopped after ${this.done} of ${this.total} files` : '';
    const files = this.failures.length > 0 ? ` in ${this.failures.length} files` : '';
    const time = timeOf(Date.now() - this.startedAtMs);
    print(`\n${passed} passed, ${failed} failed${files}${skipped}${interrupted}, ${time}`);
    // All of it has been said; the end of the output lists all failures.
    for (const failure of this.failures) print(`\n${failure}`);
  }

  private progress(): string {
    return `${String(this.done).padStart(String(this.total).length)} of ${this.total}`;
  }
}

function timeOf(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return seconds < 100 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** To where Jest writes: standard output is for `--json`. */
function print(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? text : stripVTControlCharacters(text)}\n`);
}
