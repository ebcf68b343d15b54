import { parseArgs } from 'node:util';
import { runOnce } from './run-once.ts';
import { runTour } from './run-tour.ts';

const usage = `Runs the backend on this machine, with a Customer Insights and a flow platform to play with.

  --once             a scripted run of all six triggers, then exit: 0 when everything held, else 1
  --pace-seconds N   the pause before each change of the tour (default 4)
  --verbose          also write the lines of the functions host`;

async function main(): Promise<number> {
  const { values } = readArguments();
  const paceMs = Number(values['pace-seconds']) * 1000;
  if (!(paceMs >= 0)) throw new Error(`--pace-seconds must be a number.\n\n${usage}`);
  const write = console.log;
  const output = values.verbose ? write : () => undefined;
  if (values.once) return runOnce({ write, output });
  const stopping = new AbortController();
  // A second signal finds no handler and ends this process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  return runTour({ write, output, paceMs, signal: stopping.signal });
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        'pace-seconds': { type: 'string', default: '4' },
        verbose: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${usage}`, { cause: error });
  }
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
