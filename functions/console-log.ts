import { logLine, type Log } from '../shared/log.ts';

/** To standard output and standard error, which the functions host collects line by line. */
export const consoleLog: Log = createConsoleLog();

function createConsoleLog(): Log {
  const out = lineWriter(process.stdout);
  const err = lineWriter(process.stderr);
  return {
    info: (event, fields) => out(logLine('info', event, fields)),
    warn: (event, fields) => err(logLine('warn', event, fields)),
    error: (event, fields) => err(logLine('error', event, fields)),
  };
}

/**
 * All lines of one turn of the event loop are one write: a pipe is written synchronously, and a fan-out that wrote its lines one by one spent a
 * quarter of its time there. What is left when the process ends is written then.
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
