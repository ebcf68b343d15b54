/**
 * The fields of a log line. They are flat, so that each field becomes a column. They never contain
 * a secret, a body or a full URL.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * A structured log. Each line has the fixed dotted name of an event, such as `delivery.attempted`.
 * Methods never throw and never block.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Formats a log line as one JSON object, which Application Insights and `jq` can both read. It
 * contains the time, because a terminal adds none.
 */
export function logLine(
  level: 'info' | 'warn' | 'error',
  event: string,
  fields: LogFields | undefined,
  nowMs: number,
): string {
  return JSON.stringify({ event, level, time: new Date(nowMs).toISOString(), ...fields });
}
