import type { JSX } from 'preact';
import { showZone, shownZone, zoneName } from '../live/zone.ts';

/** Shows the time zone of the page, and changes it. */
export function ZoneSwitch({ onChange }: { readonly onChange: () => void }): JSX.Element {
  const zone = shownZone();
  const other = zone === 'utc' ? 'local' : 'utc';
  const change = (): void => {
    showZone(other);
    onChange();
  };
  return (
    <button type="button" class="quiet small" onClick={change} title={`Show times in ${zoneName(other)}`}>
      <span class="unseen">Times in </span>
      {zoneName()}
    </button>
  );
}
