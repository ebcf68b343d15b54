import type { JSX } from 'preact';
import { useOperator } from '../live/operator-context.ts';
import { dayChoices, deliveryChoices, rangeOf, type Route } from '../live/route.ts';
import { useFilterForm } from '../live/use-filter-form.ts';
import { replaceRoute } from '../live/use-route.ts';
import { deliveryStatuses, triggerNames } from '../live/wording.ts';
import { fieldOf, instantOfField } from '../live/zone.ts';
import { Choice } from '../parts/choice.tsx';
import { InstantField } from '../parts/instant-field.tsx';
import { SearchField } from '../parts/search-field.tsx';

export type DeliveriesRoute = Extract<Route, { view: 'deliveries' }>;

/** The choice of days that shows the two fields for a time range. */
const RANGE = 'range';

/** The filter of the list of deliveries. All its values are part of the URL. */
export function DeliveryFilter({ place }: { readonly place: DeliveriesRoute }): JSX.Element {
  const { instances } = useOperator();
  const { form, apply, applySoon } = useFilterForm((given) => replaceRoute(routeOf(given, place)));
  const field = (name: 'q' | 'flow' | 'deliveryCode' | 'httpStatus', label: string): JSX.Element => (
    <SearchField name={name} label={label} value={place[name]} onInput={applySoon} />
  );
  const days = place.since === undefined ? String(place.days) : RANGE;
  return (
    <form {...form} class="filter many">
      <label>
        Status
        <select name="status" value={place.status} onChange={apply}>
          {deliveryChoices.map((one) => (
            <option key={one} value={one} selected={one === place.status}>
              {one === 'any' ? 'Any' : deliveryStatuses[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Events of the last
        <select name="days" value={days} onChange={apply}>
          {dayChoices.map((one) => (
            <option key={one} value={String(one)} selected={String(one) === days}>
              {one === 1 ? '24 hours' : `${one} days`}
            </option>
          ))}
          <option value={RANGE} selected={days === RANGE}>
            From … until …
          </option>
        </select>
      </label>
      {place.since !== undefined && (
        <>
          <InstantField name="since" label="Since" value={fieldOf(new Date(place.since))} onChange={apply} required />
          <InstantField
            name="until"
            label="Until, or now"
            value={place.until === undefined ? '' : fieldOf(new Date(place.until))}
            onChange={apply}
          />
        </>
      )}
      {field('q', 'Text')}
      <Choice name="instanceId" label="Instance" value={place.instanceId} onChange={apply} options={[...instances]} />
      <Choice
        name="trigger"
        label="Trigger"
        value={place.trigger}
        onChange={apply}
        options={Object.entries(triggerNames)}
      />
      {field('flow', 'Flow id or address')}
      {field('deliveryCode', 'Code')}
      {field('httpStatus', 'HTTP status')}
    </form>
  );
}

/** The route of the given fields. An invalid time keeps the one before. */
function routeOf(given: Readonly<Record<string, string>>, before: DeliveriesRoute): DeliveriesRoute {
  const { status, days, since, until, ...search } = given;
  const chosen = deliveryChoices.find((one) => one === status) ?? 'dead';
  const preset = dayChoices.find((one) => String(one) === days);
  if (preset !== undefined) return { view: 'deliveries', ...search, status: chosen, days: preset };
  const from = instantOfField(since ?? '')?.toISOString() ?? rangeOf(before, Date.now()).since;
  const to = until === undefined ? undefined : (instantOfField(until)?.toISOString() ?? before.until);
  return {
    view: 'deliveries',
    ...search,
    status: chosen,
    days: before.days,
    since: from,
    ...(to !== undefined && { until: to }),
  };
}
