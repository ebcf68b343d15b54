import type { JSX } from 'preact';
import type { InstanceResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import type { SubscriptionFilter } from '../live/route.ts';
import { useFilterForm } from '../live/use-filter-form.ts';
import { useLive } from '../live/use-live.ts';
import { replaceRoute } from '../live/use-route.ts';
import { subscriptionStates, triggerNames } from '../live/wording.ts';
import { Choice } from '../parts/choice.tsx';
import { SearchField } from '../parts/search-field.tsx';

/** The most instances of a page. */
const INSTANCES = 100;

/** The filter of the list of subscriptions. All its values are part of the URL. */
export function FilterForm({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  const { api, instanceName, instances: names } = useOperator();
  const polled = useLive('instances', 0, (signal) =>
    api.list<InstanceResponse>('instances', { top: INSTANCES }, signal),
  );
  const listed = new Set(polled.value?.value.map(({ instanceId }) => instanceId));
  // With more polled instances than a page has, all that Customer Insights names can be chosen.
  if (polled.value?.next !== undefined) for (const id of names.keys()) listed.add(id);
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
        options={[['failing', 'Failing now'], ...subscriptionStates.map(({ id, name }) => [id, name] as const)]}
      />
      {field('label', 'Label contains')}
      {field('workflowId', 'Flow id')}
    </form>
  );
}
