import type { JSX } from 'preact';
import { dayChoices, troubledStatuses, type TroubledStatus } from '../live/route.ts';
import { replaceRoute } from '../live/use-route.ts';
import { deliveryStatuses } from '../live/wording.ts';

/** What the list of deliveries is narrowed to; all of it goes into the address. */
export function DeliveryFilter({
  status,
  days,
}: {
  readonly status: TroubledStatus;
  readonly days: number;
}): JSX.Element {
  return (
    <form class="filter" aria-label="Narrow the list" onSubmit={(event) => event.preventDefault()}>
      <label>
        Status
        <select
          value={status}
          onChange={({ currentTarget }) => {
            const chosen = troubledStatuses.find((one) => one === currentTarget.value) ?? 'dead';
            replaceRoute({ view: 'deliveries', status: chosen, days });
          }}
        >
          {troubledStatuses.map((one) => (
            <option key={one} value={one} selected={one === status}>
              {deliveryStatuses[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Events of the last
        <select
          value={String(days)}
          onChange={({ currentTarget }) =>
            replaceRoute({ view: 'deliveries', status, days: Number(currentTarget.value) })
          }
        >
          {dayChoices.map((one) => (
            <option key={one} value={String(one)} selected={one === days}>
              {one === 1 ? '24 hours' : `${one} days`}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}
