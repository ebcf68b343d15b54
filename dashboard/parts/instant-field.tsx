import type { JSX } from 'preact';
import { zoneName } from '../live/zone.ts';

/** A field for day and time of day, 24 hours, in the zone that is shown: browsers have one of their own, in whatever form they like. */
export function InstantField({
  name,
  label,
  value = '',
  required = false,
}: {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly required?: boolean;
}): JSX.Element {
  return (
    <label>
      {label} ({zoneName()})
      <input
        name={name}
        defaultValue={value}
        required={required}
        placeholder="2026-11-30 22:05"
        pattern="\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
        title="Day and time as in 2026-11-30 22:05"
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  );
}
