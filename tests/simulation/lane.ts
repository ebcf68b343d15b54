import { fork, type ChildProcess } from 'node:child_process';
import type { Plan } from './plan.ts';
import { simulate } from './simulation.ts';
import { addOutcome, emptyTally, type Tally } from './tally.ts';

export interface Batch {
  readonly from: number;
  readonly count: number;
  /** Whether a violation does not end it. */
  readonly keepGoing: boolean;
  /** The pattern of the violations that end it; all of them unless given. */
  readonly until?: string;
  /** What the plan of each seed is changed to. */
  readonly change?: Partial<Plan>;
}

export interface BatchResult {
  readonly tally: Tally;
  /** Of the processor. */
  readonly cpuMs: number;
  /** What a violation that ended the batch looks like. */
  readonly report?: string;
}

/** Somewhere that batches of worlds run one after another. */
export interface Lane {
  run(batch: Batch): Promise<BatchResult>;
  close(): void;
}

/** In this process. */
export const ownLane: Lane = {
  async run({ from, count, keepGoing, until = '', change }) {
    const awaited = new RegExp(until);
    const started = process.cpuUsage();
    const tally = emptyTally();
    let report: string | undefined;
    for (let seed = from; seed < from + count && report === undefined; seed++) {
      const outcome = await simulate(seed, change);
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

/** A process of its own that runs `bundle` with `--lane`. One that dies is replaced, and its batch counts as a violation of its first seed. */
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

/** The other side of `forkedLane`: runs what it is sent until its parent is gone. */
export function serveLane(): void {
  process.on('message', (batch) => {
    void ownLane.run(batch as Batch).then((result) => process.send?.(result));
  });
  process.on('disconnect', () => process.exit());
  // Of the terminal, for all of its processes: the parent has this batch ended.
  process.on('SIGINT', () => undefined);
}
