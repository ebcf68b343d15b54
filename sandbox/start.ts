import { readCommandLine, refuseCommandLine } from '../scripts/command-line.ts';
import { runOnce } from './run-once.ts';
import { runTour } from './run-tour.ts';
import { defaultPorts, type StackPorts } from './stack.ts';

const usage = `Runs the backend on this machine, with a simulated Customer Insights and flow platform.

  --once             a scripted run of all six triggers; exits with 0 when every step succeeds, otherwise 1
  --pace-seconds N   the pause before each change of the tour (default 4)
  --ports NAME=N,…   other ports than the default ones; 0 is any free port.
                     ${Object.entries(defaultPorts)
                       .map(([name, port]) => `${name}=${port}`)
                       .join(',')}
  --verbose          also print the log of the functions host`;

async function main(): Promise<number> {
  const { values } = readCommandLine(usage, {
    once: { type: 'boolean', default: false },
    'pace-seconds': { type: 'string', default: '4' },
    ports: { type: 'string', default: '' },
    verbose: { type: 'boolean', default: false },
  });
  const paceMs = Number(values['pace-seconds']) * 1000;
  if (!(paceMs >= 0)) return refuseCommandLine('--pace-seconds must be a number.', usage);
  const ports = { ...defaultPorts, ...portsOf(values.ports) };
  const write = console.log;
  const output = values.verbose ? write : () => undefined;
  if (values.once) return runOnce({ write, output });
  const stopping = new AbortController();
  // A second signal finds no handler and ends this process immediately.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  return runTour({ write, output, paceMs, ports, signal: stopping.signal });
}

function portsOf(list: string): Partial<StackPorts> {
  const pairs = list.split(',').filter((pair) => pair !== '');
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name = '', port = ''] = /^(\w+)=(\d{1,5})$/.exec(pair) ?? [];
      if (Object.hasOwn(defaultPorts, name) && Number(port) <= 65_535) return [name, Number(port)];
      return refuseCommandLine(`--ports must be a list of NAME=PORT with the names above, not ${pair}`, usage);
    }),
  );
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
