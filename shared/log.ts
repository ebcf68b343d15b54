/**
 * The fields of a log line. They are flat, so that each field becomes a column. Never a secret, a body or a
 * full URL.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Writes one line per fact. A line begins with a fixed dotted name such as `delivery.attempted`. Never throws
 * and never waits.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Formats a log line as one JSON object, which Application Insights and `jq` can both read. `time` is for readers without a
 * platform that adds it, such as a terminal.
 */
export function logLine(
  level: 'info' | 'warn' | 'error',
  event: string,
  fields: LogFields | undefined,
  nowMs: number,
): string {
  return JSON.stringify({ event, level, time: new Date(nowMs).toISOString(), ...fields });
}
