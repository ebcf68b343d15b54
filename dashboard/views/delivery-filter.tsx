import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useOperator } from '../live/operator-context.ts';
import { dayChoices, undeliveredStatuses, type Route } from '../live/route.ts';
import { replaceRoute } from '../live/use-route.ts';
import { deliveryStatuses, triggerNames } from '../live/wording.ts';
import { Choice } from './subscription-filter.tsx';

export type DeliveriesRoute = Extract<Route, { view: 'deliveries' }>;

/** The search starts after typing has paused for this long. */
const PAUSE_MS = 400;

/** The filter of the list of deliveries. All its values are part of the URL. */
export function DeliveryFilter({ place }: { readonly place: DeliveriesRoute }): JSX.Element {
  const { instances } = useOperator();
  const form = useRef<HTMLFormElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = (): void => {
    clearTimeout(timer.current);
    if (form.current === null) return;
    const given = Object.fromEntries(
      [...new FormData(form.current)].flatMap(([name, value]) =>
        typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()]] : [],
      ),
    ) as Record<string, string>;
    const { status, days, ...search } = given;
    replaceRoute({
      view: 'deliveries',
      ...search,
      status: undeliveredStatuses.find((one) => one === status) ?? 'dead',
      days: Number(days),
    });
  };
  const applySoon = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(apply, PAUSE_MS);
  };
  const field = (name: 'q' | 'flow' | 'deliveryCode' | 'httpStatus', label: string): JSX.Element => (
    <label>
      {label}
      <input
        name={name}
        type="search"
        value={place[name] ?? ''}
        onInput={applySoon}
        autocomplete="off"
        spellcheck={false}
      />
    </label>
  );
  return (
    <form
      ref={form}
      class="filter many"
      role="search"
      aria-label="Narrow the list"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <label>
        Status
        <select name="status" value={place.status} onChange={apply}>
          {undeliveredStatuses.map((one) => (
            <option key={one} value={one} selected={one === place.status}>
              {one === 'any' ? 'Any' : deliveryStatuses[one]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Events of the last
        <select name="days" value={String(place.days)} onChange={apply}>
          {dayChoices.map((one) => (
            <option key={one} value={String(one)} selected={one === place.days}>
              {one === 1 ? '24 hours' : `${one} days`}
            </option>
          ))}
        </select>
      </label>
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
