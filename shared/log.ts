/** What a log line may carry. Flat, so that every field is a column. Never a secret, a body or a full URL. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * One line per fact, with a fixed dotted name (`delivery.attempted`) as its first word.
 * Never throws and never waits.
 */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Renders a line as one JSON object, which Application Insights and `jq` both read. */
export function logLine(level: 'info' | 'warn' | 'error', event: string, fields: LogFields = {}): string {
  return JSON.stringify({ event, level, ...fields });
}
