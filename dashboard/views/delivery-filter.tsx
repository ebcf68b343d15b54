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
export function DeliveryFilter({ route }: { readonly route: DeliveriesRoute }): JSX.Element {
  const { instances } = useOperator();
  const { form, apply, applySoon } = useFilterForm((given) => replaceRoute(routeOf(given, route)));
  const field = (name: 'q' | 'flow' | 'deliveryCode' | 'httpStatus', label: string): JSX.Element => (
    <SearchField name={name} label={label} value={route[name]} onInput={applySoon} />
  );
  const days = route.since === undefined ? String(route.days) : RANGE;
  return (
    <form {...form} class="filter many">
      <label>
        Status
        <select name="status" value={route.status} onChange={apply}>
          {deliveryChoices.map((one) => (
            <option key={one} value={one} selected={one === route.status}>
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
      {route.since !== undefined && (
        <>
          <InstantField name="since" label="Since" value={fieldOf(new Date(route.since))} onChange={apply} required />
          <InstantField
            name="until"
            label="Until, or now"
            value={route.until === undefined ? '' : fieldOf(new Date(route.until))}
            onChange={apply}
          />
        </>
      )}
      {field('q', 'Text')}
      <Choice name="instanceId" label="Instance" value={route.instanceId} onChange={apply} options={[...instances]} />
      <Choice
        name="trigger"
        label="Trigger"
        value={route.trigger}
        onChange={apply}
        options={Object.entries(triggerNames)}
      />
      {field('flow', 'Flow id or address')}
      {field('deliveryCode', 'Code')}
      {field('httpStatus', 'Last HTTP status')}
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
