import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Planted } from './loader.ts';

/** One seed, or tests of one file by their order in it, from 0. */
export type Step = { readonly ms: number } & (
  SeedStep | { readonly kind: 'tests'; readonly file: string; readonly numbers: ReadonlySet<number> | 'all' }
);

export interface SeedStep {
  readonly kind: 'seed';
  readonly seed: number;
  /**
   * Whether every subscription is a chunk of its own, so that a handful of flows has several
   * chunks.
   */
  readonly smallChunks: boolean;
}

/**
 * What a process of its own does with sources: it runs the steps until one notices that something
 * is wrong.
 */
export interface Job {
  readonly planted: Planted;
  readonly steps: readonly Step[];
  /** Whether every step runs, and each seed and test reports which spans it passed. */
  readonly isSurvey: boolean;
}

/** What one seed or one test passed. */
export interface Passed {
  readonly kind: 'passed';
  readonly by: SeedStep | { readonly kind: 'test'; readonly file: string; readonly number: number };
  readonly isFailing: boolean;
  readonly ms: number;
  readonly spans: ReadonlySet<string>;
}

export type Verdict =
  | {
      readonly kind: 'noticed';
      readonly by: 'seeds' | 'tests' | 'ended';
      readonly what: string;
      readonly isSpoilt?: boolean;
    }
  | { readonly kind: 'unnoticed' };

export type Report = Passed | Verdict | { readonly kind: 'step'; readonly limitMs: number };

/**
 * Of the processor: one that takes more for a step than this and what the step allows runs in
 * circles.
 */
const PATIENCE_MS = 30_000;
const CHECKED_EVERY_MS = 5_000;
/**
 * Where the system does not report how much a process has used, and for one that waits: by the
 * clock, on a machine that may be busy.
 */
const LONGEST_WAIT_MS = 900_000;

/**
 * Runs jobs one after another in a process of its own, a new one after each that did not end well.
 */
export interface Lane {
  run(job: Job, onPassed?: (passed: Passed) => void): Promise<Verdict>;
  close(): void;
}

export function openLane(): Lane {
  let child: ChildProcess | undefined;
  const start = (): ChildProcess => {
    const started = fork(path.resolve('tests/mutants/runner.ts'), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // Something that was left behind by a job may end it after its verdict.
    started.on('exit', () => (child = child === started ? undefined : child));
    started.on('error', () => started.kill('SIGKILL'));
    return started;
  };
  return {
    run: (job, onPassed) =>
      new Promise((resolve) => {
        const current = (child ??= start());
        let isLate = false;
        let step = { limitMs: 0, usedMs: usedBy(current), atMs: performance.now() };
        const timer = setInterval(() => {
          const isCircling = usedBy(current) - step.usedMs > PATIENCE_MS + step.limitMs;
          isLate = isCircling || performance.now() - step.atMs > LONGEST_WAIT_MS;
          if (isLate) current.kill('SIGKILL');
        }, CHECKED_EVERY_MS);
        const onExit = (code: number | null, signal: string | null): void =>
          end({ kind: 'noticed', by: 'ended', what: isLate ? 'does not end' : `broke off (${signal ?? code})` });
        const onMessage = (message: unknown): void => {
          const report = message as Report;
          if (report.kind === 'step') {
            step = { limitMs: report.limitMs, usedMs: usedBy(current), atMs: performance.now() };
          } else if (report.kind === 'passed') onPassed?.(report);
          else end(report);
        };
        const end = (verdict: Verdict): void => {
          clearInterval(timer);
          current.off('exit', onExit).off('message', onMessage);
          const isSpoilt = verdict.kind === 'noticed' && (verdict.by === 'ended' || verdict.isSpoilt === true);
          if (isSpoilt) {
            child = undefined;
            current.kill('SIGKILL');
          }
          resolve(verdict);
        };
        current.once('exit', onExit).on('message', onMessage);
        current.send(job);
      }),
    close: () => child?.kill('SIGKILL'),
  };
}

/** How much of the processor a process has used, in ms; 0 where the system does not say. */
function usedBy({ pid }: ChildProcess): number {
  try {
    // man 5 proc: behind the name in brackets, the 12th and 13th field are ticks of a hundredth of
    // a second.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0;
  }
}
