import { performance } from 'node:perf_hooks';
import { readCommandLine } from '../../scripts/command-line.ts';
import { startAzurite } from '../helpers/azurite.ts';
import { MODES, type Mode } from './fault-injector.ts';
import { faultyRun, type RunReport } from './faulty-run.ts';

/**
 * Runs at a time: a run waits for half of its time, for repetitions of the SDKs and for a process
 * to start.
 */
const LANES = 3;

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const usage = `npm run test:faults -- [--mode MODE] [--call N]

One run over Azurite for each storage call that can fail and each way it can.

  --mode MODE   only this way: ${MODES.join(', ')}
  --call N      only the N-th call`;
const { values: args } = readCommandLine(usage, { mode: { type: 'string' }, call: { type: 'string' } });
const azurite = await startAzurite();
const startedMs = performance.now();
let violations = 0;
try {
  const clean = await faultyRun(azurite);
  say(`A run without a fault makes ${clean.calls} storage calls. ${clean.violations.join('; ')}`);
  violations += clean.violations.length;
  for (const mode of args.mode === undefined ? MODES : [args.mode as Mode]) await befallEvery(mode);
} finally {
  await azurite.stop();
}
say(`${Math.round((performance.now() - startedMs) / 1000)} s; ${violations} violations.`);
process.exitCode = violations === 0 ? 0 : 1;

/** One run for each call, until there is no such call. */
async function befallEvery(mode: Mode): Promise<void> {
  let next = Number(args.call ?? 1);
  let isOver = false;
  const reports: RunReport[] = [];
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const call = next++;
      const report = await faultyRun(azurite, { mode, call });
      const { befallen } = report;
      violations += report.violations.length;
      for (const violation of report.violations) say(`${mode}, call ${call}, ${befallen ?? 'none'}: ${violation}`);
      if (befallen === undefined || args.call !== undefined) isOver = true;
      if (befallen !== undefined) reports.push(report);
    }
  };
  await Promise.all(Array.from({ length: args.call === undefined ? LANES : 1 }, lane));
  const doubled = reports.map((report) => report.doubled);
  say(
    `${mode}: ${reports.length} runs, ${doubled.filter((count) => count > 0).length} of them doubled deliveries, ` +
      `${Math.max(0, ...doubled)} at most.`,
  );
}
