import type { JSX } from 'preact';
import { dayChoices } from '../live/route.ts';

/** Chooses how many days a view shows. */
export function DaysChoice({
  days,
  onChange,
}: {
  readonly days: number;
  readonly onChange: (days: number) => void;
}): JSX.Element {
  return (
    <label class="days">
      Last{' '}
      <select value={String(days)} onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}>
        {dayChoices.map((one) => (
          <option key={one} value={String(one)} selected={one === days}>
            {one === 1 ? '24 hours' : `${one} days`}
          </option>
        ))}
      </select>
    </label>
  );
}
