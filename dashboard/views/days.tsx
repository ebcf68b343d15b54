import type { JSX } from 'preact';
import { dayChoices } from '../live/route.ts';
import { replaceRoute } from '../live/use-route.ts';

/** Chooses how many days the page of a subscription shows. */
export function Days({ place }: { readonly place: { readonly id: string; readonly days: number } }): JSX.Element {
  return (
    <label class="days">
      Last{' '}
      <select
        value={String(place.days)}
        onChange={({ currentTarget }) =>
          replaceRoute({ view: 'subscription', id: place.id, days: Number(currentTarget.value) })
        }
      >
        {dayChoices.map((days) => (
          <option key={days} value={String(days)} selected={days === place.days}>
            {days === 1 ? '24 hours' : `${days} days`}
          </option>
        ))}
      </select>
    </label>
  );
}
