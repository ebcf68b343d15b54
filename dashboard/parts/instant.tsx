import type { JSX } from 'preact';
import { useNow } from '../live/use-now.ts';
import { shownSpan } from '../live/wording.ts';
import { formatIn, zoneName } from '../live/zone.ts';

const minute = { hour: '2-digit', minute: '2-digit' } as const;

export function dayOf(at: string): string {
  return formatIn(new Date(at), { weekday: 'short', day: 'numeric', month: 'short' });
}

/** The full date and time, for the tooltip. */
function inFull(at: string): string {
  return `${dayOf(at)} ${formatIn(new Date(at), { ...minute, second: '2-digit' })} ${zoneName()} (${at})`;
}

/** The time of day in the time zone of the page. */
export function ClockTime({ at, seconds = false }: { readonly at: string; readonly seconds?: boolean }): JSX.Element {
  return (
    <time dateTime={at} title={inFull(at)}>
      {formatIn(new Date(at), { ...minute, ...(seconds && { second: '2-digit' }) })}
    </time>
  );
}

/** The date and time of day. */
export function Instant({ at }: { readonly at: string }): JSX.Element {
  return (
    <time dateTime={at} title={inFull(at)}>
      {dayOf(at)}, {formatIn(new Date(at), minute)}
    </time>
  );
}

/** The time span since a past time, or until a future time. */
export function Ago({ at }: { readonly at: string }): JSX.Element {
  const aheadMs = Date.parse(at) - useNow();
  return (
    <time dateTime={at} title={inFull(at)}>
      {aheadMs > 0 ? `in ${shownSpan(aheadMs)}` : `${shownSpan(-aheadMs)} ago`}
    </time>
  );
}
