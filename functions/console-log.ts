import { systemClock } from '../shared/clock.ts';
import { logLine, type Log } from '../shared/log.ts';

/**
 * Writes the log to standard output and standard error, which the functions host collects line by
 * line.
 */
export const consoleLog: Log = createConsoleLog();

function createConsoleLog(): Log {
  const out = lineWriter(process.stdout);
  const err = lineWriter(process.stderr);
  return {
    info: (event, fields) => out(logLine('info', event, fields, systemClock.now())),
    warn: (event, fields) => err(logLine('warn', event, fields, systemClock.now())),
    error: (event, fields) => err(logLine('error', event, fields, systemClock.now())),
  };
}

/**
 * Collects lines and writes them together, once per turn of the event loop. Writes to a pipe are
 * synchronous: a fan-out (the delivery of one event to all its recipients) that wrote each line
 * separately spent a quarter of its time on writing.
 * Remaining lines are written when the process exits.
 */
export function lineWriter(stream: Pick<NodeJS.WriteStream, 'write'>): (line: string) => void {
  let lines = '';
  const flush = (): void => {
    if (lines !== '') stream.write(lines);
    lines = '';
  };
  process.on('exit', flush);
  return (line) => {
    if (lines === '') setImmediate(flush);
    lines += `${line}\n`;
  };
}
