/** The levels of the functions library. */
export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical';

/**
 * Writes one entry. `source` is the function's name, or `host` for entries of the host itself.
 * Never throws.
 */
export type HostLog = (level: LogLevel, source: string, message: string) => void;

/**
 * Creates a log with one line per entry (`2026-11-23T10:00:00.000Z warning  deliver: …`). Further
 * lines of a message, such as a stack, are indented. Entries below `information` are written only
 * when `verbose`, as the real host does by default.
 */
export function createHostLog(options: {
  write: (line: string) => void;
  now: () => number;
  verbose: boolean;
}): HostLog {
  const { write, now, verbose } = options;
  return (level, source, message) => {
    if (!verbose && (level === 'trace' || level === 'debug')) return;
    const at = new Date(now()).toISOString();
    write(`${at} ${level.padEnd(11)} ${source}: ${message.trimEnd().replaceAll('\n', '\n    ')}`);
  };
}

/** Describes any thrown value: the stack of an error, otherwise the value as text. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Describes in one line an error whose stack is of no use, such as a network error, with its HTTP
 * status or code.
 */
export function summarizeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { statusCode, code } = error as Error & { statusCode?: number; code?: string };
  const [message = ''] = error.message.split('\n');
  return [error.name, statusCode, code, message].filter((part) => part !== undefined && part !== '').join(' ');
}
