const serviceInstant = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})?$/i;

/**
 * Converts an instant from Customer Insights to ISO 8601 in UTC with milliseconds. `undefined` when
 * the text is not an instant. The service runs on .NET. It may write up to seven decimals, of which
 * three are kept. It may omit the time zone, which is then UTC.
 */
export function isoInstant(written: string): string | undefined {
  const [, date, time, decimals = '', zone = 'Z'] = serviceInstant.exec(written) ?? [];
  // .NET's default date means "never".
  if (date === undefined || time === undefined || date === '0001-01-01') return undefined;
  const ms = Date.parse(`${date}T${time}.${decimals.slice(0, 3).padEnd(3, '0')}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
