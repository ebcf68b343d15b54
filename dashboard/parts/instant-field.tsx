import type { JSX } from 'preact';
import { zoneName } from '../live/zone.ts';

/**
 * A field for date and time in 24 hours, in the time zone of the page. The browsers' own fields
 * differ in format and zone.
 */
export function InstantField({
  name,
  label,
  value = '',
  required = false,
  onChange,
}: {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly required?: boolean;
  /** Called when the field is left or Enter is pressed, with a valid text. */
  readonly onChange?: () => void;
}): JSX.Element {
  return (
    <label>
      {label} ({zoneName()})
      <input
        name={name}
        defaultValue={value}
        required={required}
        onChange={onChange && (({ currentTarget }) => currentTarget.reportValidity() && onChange())}
        placeholder="2026-11-30 22:05"
        pattern="\d{4}-\d\d-\d\d[T ]\d\d:\d\d"
        title="Day and time as in 2026-11-30 22:05"
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  );
}
