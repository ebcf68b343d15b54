import type { JSX } from 'preact';
import { useNow } from '../live/use-now.ts';
import { shownSpan } from '../live/wording.ts';

const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });

export function dayOf(at: string): string {
  return day.format(new Date(at));
}

/** The time of day, in the time zone of whoever looks. */
export function ClockTime({ at, seconds = false }: { readonly at: string; readonly seconds?: boolean }): JSX.Element {
  const date = new Date(at);
  return (
    <time dateTime={at} title={at}>
      {(seconds ? time : minute).format(date)}
    </time>
  );
}

/** Day and time of day. */
export function Instant({ at }: { readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={at}>
      {dayOf(at)}, {minute.format(new Date(at))}
    </time>
  );
}

/** How long ago it was; of the future, in how long it will be. */
export function Ago({ at }: { readonly at: string }): JSX.Element {
  const aheadMs = Date.parse(at) - useNow();
  return (
    <time dateTime={at} title={at}>
      {aheadMs > 0 ? `in ${shownSpan(aheadMs)}` : `${shownSpan(-aheadMs)} ago`}
    </time>
  );
}
