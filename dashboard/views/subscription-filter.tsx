import type { JSX } from 'preact';
import type { InstanceResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import type { SubscriptionFilter } from '../live/route.ts';
import { useFilterForm } from '../live/use-filter-form.ts';
import { useLive } from '../live/use-live.ts';
import { replaceRoute } from '../live/use-route.ts';
import { subscriptionStatuses, triggerNames } from '../live/wording.ts';
import { Choice } from '../parts/choice.tsx';
import { SearchField } from '../parts/search-field.tsx';

/** The filter of the list of subscriptions. All its values are part of the URL. */
export function FilterForm({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  const { api, instanceName } = useOperator();
  const instances = useLive<{ value: readonly InstanceResponse[] }>('instances', 0, (signal) =>
    api.get('instances', {}, signal),
  );
  const listed = new Set(instances.value?.value.map(({ instanceId }) => instanceId));
  if (filter.instanceId !== undefined) listed.add(filter.instanceId);
  const { form, apply, applySoon } = useFilterForm((given) => replaceRoute({ view: 'subscriptions', filter: given }));
  const field = (name: 'label' | 'workflowId', label: string): JSX.Element => (
    <SearchField name={name} label={label} value={filter[name]} onInput={applySoon} />
  );
  return (
    <form {...form} class="filter">
      {filter.sort !== undefined && <input type="hidden" name="sort" value={filter.sort} />}
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
      {field('label', 'Label contains')}
      {field('workflowId', 'Flow id')}
    </form>
  );
}
