/** The time zone of the page: that of the browser, or UTC. */
export type Zone = 'local' | 'utc';

const NAME = 'zone';
const local = new Intl.DateTimeFormat().resolvedOptions().timeZone;
let zone: Zone = sessionStorage.getItem(NAME) === 'utc' ? 'utc' : 'local';

export function shownZone(): Zone {
  return zone;
}

/** Sets the time zone until the tab is closed. The caller must render the page again. */
export function showZone(next: Zone): void {
  zone = next;
  sessionStorage.setItem(NAME, next);
}

/** The name of the time zone, such as `UTC` or `Europe/Berlin`. */
export function zoneName(of: Zone = zone): string {
  return of === 'utc' ? 'UTC' : local;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** A date format with 24 hours in the time zone of the page. */
export function formatIn(at: Date, options: Intl.DateTimeFormatOptions): string {
  const key = `${zone} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    const timeZone = zone === 'utc' ? 'UTC' : local;
    format = new Intl.DateTimeFormat('en-GB', { ...options, timeZone, hourCycle: 'h23' });
    formats.set(key, format);
  }
  return format.format(at);
}

const FIELD = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)$/;

/**
 * Parses a field such as `2026-11-30 22:05` in the time zone of the page. Returns `undefined` for
 * an invalid text.
 */
export function instantOfField(text: string): Date | undefined {
  const [, year, month, day, hour, minute] = FIELD.exec(text.trim()) ?? [];
  if (minute === undefined) return undefined;
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)] as const;
  const at = zone === 'utc' ? new Date(Date.UTC(...parts)) : new Date(...parts);
  // `Date` converts a date that does not exist, such as 31 November, to another day, so it is
  // refused here.
  return fieldOf(at) === text.trim().replace('T', ' ') ? at : undefined;
}

/** Formats a time for such a field. */
export function fieldOf(at: Date): string {
  const shifted = zone === 'utc' ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16).replace('T', ' ');
}
