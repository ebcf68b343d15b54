import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { InstanceResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import type { SubscriptionFilter } from '../live/route.ts';
import { useLive } from '../live/use-live.ts';
import { replaceRoute } from '../live/use-route.ts';
import { subscriptionStatuses, triggerNames } from '../live/wording.ts';

/** The search starts after typing has paused for this long. */
const PAUSE_MS = 300;

/** The filter of the list of subscriptions. All its values are part of the URL. */
export function FilterForm({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  const { api, instanceName } = useOperator();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const instances = useLive<{ value: readonly InstanceResponse[] }>('instances', 0, (signal) =>
    api.get('instances', {}, signal),
  );
  const listed = new Set(instances.value?.value.map(({ instanceId }) => instanceId));
  if (filter.instanceId !== undefined) listed.add(filter.instanceId);
  useEffect(() => () => clearTimeout(timer.current), []);

  const apply = (): void => {
    clearTimeout(timer.current);
    if (form.current === null) return;
    const given = [...new FormData(form.current)].flatMap(([name, value]) =>
      typeof value === 'string' && value.trim() !== '' ? [[name, value.trim()] as const] : [],
    );
    replaceRoute({ view: 'subscriptions', filter: Object.fromEntries(given) });
  };
  const applySoon = (): void => {
    clearTimeout(timer.current);
    timer.current = setTimeout(apply, PAUSE_MS);
  };
  return (
    <form
      ref={form}
      class="filter"
      role="search"
      aria-label="Narrow the list"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <Choice
        name="instanceId"
        label="Instance"
        value={filter.instanceId}
        onChange={apply}
        options={[...listed].map((id) => [id, instanceName(id)])}
      />
      <Choice
        name="trigger"
        label="Trigger"
        value={filter.trigger}
        onChange={apply}
        options={Object.entries(triggerNames)}
      />
      <Choice
        name="status"
        label="Status"
        value={filter.status}
        onChange={apply}
        options={[
          ['failing', 'Failing now'],
          ...Object.entries(subscriptionStatuses).map(([status, { name }]) => [status, name] as const),
        ]}
      />
      <label>
        Label contains
        <input name="label" type="search" value={filter.label ?? ''} onInput={applySoon} autocomplete="off" />
      </label>
      <label>
        Flow id
        <input
          name="workflowId"
          type="search"
          value={filter.workflowId ?? ''}
          onInput={applySoon}
          autocomplete="off"
          spellcheck={false}
        />
      </label>
    </form>
  );
}

/** A drop-down for one of a list of values, or any. */
export function Choice({
  name,
  label,
  value = '',
  options,
  onChange,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: () => void;
}): JSX.Element {
  return (
    <label>
      {label}
      <select name={name} value={value} onChange={onChange}>
        <option value="">Any</option>
        {options.map(([one, shown]) => (
          <option key={one} value={one} selected={one === value}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}
