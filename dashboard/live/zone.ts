/** In which times of day are shown: that of whoever looks, or UTC. */
export type Zone = 'local' | 'utc';

const NAME = 'zone';
const local = new Intl.DateTimeFormat().resolvedOptions().timeZone;
let zone: Zone = sessionStorage.getItem(NAME) === 'utc' ? 'utc' : 'local';

export function shownZone(): Zone {
  return zone;
}

/** Holds until the tab is closed. What is drawn already has to be drawn anew. */
export function showZone(next: Zone): void {
  zone = next;
  sessionStorage.setItem(NAME, next);
}

/** `UTC`, `Europe/Berlin`. */
export function zoneName(of: Zone = zone): string {
  return of === 'utc' ? 'UTC' : local;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** 24 hours, in the zone that is shown. */
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

/** The instant that is written in a field as `2026-11-30 22:05`, in the zone that is shown; `undefined` when it is none. */
export function instantOfField(text: string): Date | undefined {
  const [, year, month, day, hour, minute] = FIELD.exec(text.trim()) ?? [];
  if (minute === undefined) return undefined;
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute)] as const;
  const at = zone === 'utc' ? new Date(Date.UTC(...parts)) : new Date(...parts);
  // What there is not, such as the 31st of a short month, would become another day.
  return fieldOf(at) === text.trim().replace('T', ' ') ? at : undefined;
}

/** An instant as such a field has it. */
export function fieldOf(at: Date): string {
  const shifted = zone === 'utc' ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16).replace('T', ' ');
}
