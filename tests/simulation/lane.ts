import { fork, type ChildProcess } from 'node:child_process';
import type { Plan, PlanOptions } from './plan.ts';
import { simulate } from './simulation.ts';
import { addOutcome, emptyTally, type Tally } from './tally.ts';

export interface Batch {
  readonly from: number;
  readonly count: number;
  /** Whether to continue after a violation. */
  readonly keepGoing: boolean;
  /** The pattern of the violations that end the batch. Default: all. */
  readonly until?: string;
  /** Changes to the plan of each seed. */
  readonly change?: Partial<Plan>;
  /** Which plan each seed has. */
  readonly options?: PlanOptions;
}

export interface BatchResult {
  readonly tally: Tally;
  /** Processor time. */
  readonly cpuMs: number;
  /** The pattern of a violation that ended the batch. */
  readonly report?: string;
}

/** Runs batches of simulations, one after another. */
export interface Lane {
  run(batch: Batch): Promise<BatchResult>;
  close(): void;
}

/** Runs in this process. */
export const ownLane: Lane = {
  async run({ from, count, keepGoing, until = '', change, options }) {
    const awaited = new RegExp(until);
    const started = process.cpuUsage();
    const tally = emptyTally();
    let report: string | undefined;
    for (let seed = from; seed < from + count && report === undefined; seed++) {
      const outcome = await simulate(seed, change, options);
      addOutcome(tally, outcome);
      const { violation } = outcome;
      if (violation !== undefined && !keepGoing && awaited.test(violation))
        report = `${outcome.trace()}\nseed ${seed}: ${violation}`;
    }
    const { user, system } = process.cpuUsage(started);
    return { tally, cpuMs: (user + system) / 1000, ...(report !== undefined && { report }) };
  },
  close: () => undefined,
};

/**
 * A child process that runs `bundle` with `--lane`. A child that crashes is replaced, and the crash
 * counts as a violation of the first seed of its batch.
 */
export function forkedLane(bundle: string): Lane {
  let child: ChildProcess | undefined;
  return {
    run: (batch) =>
      new Promise((resolve) => {
        const current = (child ??= fork(bundle, ['--lane']));
        const onExit = (code: number | null, signal: string | null): void => {
          child = undefined;
          const kind = `a process ended (${signal ?? code}) in ${batch.count} seeds`;
          const tally = { ...emptyTally(), violations: { [kind]: [batch.from] } };
          resolve({ tally, cpuMs: 0, report: `seed ${batch.from}: ${kind} from it on` });
        };
        current.once('exit', onExit);
        current.once('message', (result) => {
          current.off('exit', onExit);
          resolve(result as BatchResult);
        });
        current.send(batch);
      }),
    close: () => child?.kill(),
  };
}

/**
 * The child's side of `forkedLane`: runs the batches that it receives until its parent has ended.
 */
export function serveLane(): void {
  process.on('message', (batch) => {
    void ownLane.run(batch as Batch).then((result) => process.send?.(result));
  });
  process.on('disconnect', () => process.exit());
  // The terminal sends Ctrl-C to all processes. The parent ends this batch.
  process.on('SIGINT', () => undefined);
}
