import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import { subscriptionColumns } from '../live/csv-columns.ts';
import type { Answer, Page, Query } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf, type SubscriptionFilter } from '../live/route.ts';
import { useTitle } from '../live/use-title.ts';
import { LIVE_MS, SLOW_MS, useChanges } from '../live/use-changes.ts';
import { rowLink } from '../live/use-keys.ts';
import { useLive, type Live } from '../live/use-live.ts';
import { replaceRoute } from '../live/use-route.ts';
import { allShown, conditionOf, subscriptionStates, triggerNames } from '../live/wording.ts';
import { CsvButton } from '../parts/csv-button.tsx';
import { FlowLink } from '../parts/flow-link.tsx';
import { Ago, Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { SortChoice } from '../parts/sort-choice.tsx';
import { SortHeader } from '../parts/sort-header.tsx';
import { SubscriptionStatus } from '../parts/status.tsx';
import { FilterForm } from './subscription-filter.tsx';

const TOP = 50;
/** The columns that a list can be sorted by, and their names. */
const sortable = [
  ['label', 'Subscription'],
  ['threshold', 'Waits for'],
  ['status', 'Status'],
  ['createdAt', 'Made'],
] as const;

/** All subscriptions, with a filter. */
export function Subscriptions({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  const { api } = useOperator();
  useTitle('Subscriptions');
  const key = hashOf({ view: 'subscriptions', filter });
  const mark = useChanges(filter.instanceId === undefined ? {} : { instanceIds: [filter.instanceId] });
  const list = (activity: boolean) => (signal: AbortSignal) =>
    api.list<SubscriptionResponse>(
      'subscriptions',
      { ...asked(filter), ...(activity && { activity: 'true' }), top: TOP },
      signal,
    );
  // The activity takes more storage requests than the list, and changes only with the mark. A list
  // that is sorted, or filtered by label, takes up to ten.
  const withActivity = useLive(key, SLOW_MS, list(true), mark);
  const isPolled = withActivity.value !== undefined && filter.sort === undefined && filter.label === undefined;
  const newest = useLive(`${key} ${isPolled}`, LIVE_MS, (signal) =>
    isPolled ? list(false)(signal) : new Promise<Answer<Page<SubscriptionResponse>>>(() => undefined),
  );
  const first = newerOf(withActivity, newest);
  return (
    <>
      <h1>Subscriptions</h1>
      <FilterForm filter={filter} />
      <LivePart live={first} lines={8}>
        {(page) => <Pages key={key} first={page} filter={filter} />}
      </LivePart>
    </>
  );
}

/**
 * The newer of two responses. The results of the latest events are those of the response that has
 * them.
 */
function newerOf(
  withActivity: Live<Page<SubscriptionResponse>>,
  newest: Live<Page<SubscriptionResponse>>,
): Live<Page<SubscriptionResponse>> {
  if (newest.value === undefined || (newest.cameAtMs ?? 0) < (withActivity.cameAtMs ?? 0)) return withActivity;
  const known = new Map(withActivity.value?.value.map(({ id, activity }) => [id, activity]));
  const value = newest.value.value.map((subscription) => {
    const activity = known.get(subscription.id);
    return activity === undefined ? subscription : { ...subscription, activity };
  });
  return { ...newest, value: { ...newest.value, value }, refresh: withActivity.refresh };
}

/**
 * The filter of the operator API. Failing subscriptions have the status active there, and those
 * that an operator has paused or ended are disabled or gone.
 */
function asked({ status, ...filter }: SubscriptionFilter): Query {
  if (status === 'failing') return { ...filter, failing: 'true' };
  const state = subscriptionStates.find(({ id }) => id === status);
  if (state === undefined) return { ...filter, status };
  return { ...filter, status: state.status, ...('byOperator' in state && { byOperator: String(state.byOperator) }) };
}

/**
 * The first page, which is refreshed, and the following pages as they were when they were loaded.
 */
function Pages({
  first,
  filter,
}: {
  readonly first: Page<SubscriptionResponse>;
  readonly filter: SubscriptionFilter;
}): JSX.Element {
  const { api } = useOperator();
  const [more, setMore] = useState<{ value: readonly SubscriptionResponse[]; next: string | undefined }>();
  const [problem, setProblem] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const next = more ? more.next : first.next;
  const ask = async (): Promise<void> => {
    setAsking(true);
    const answer = await api.list<SubscriptionResponse>('subscriptions', {
      ...asked(filter),
      activity: 'true',
      top: TOP,
      next,
    });
    setAsking(false);
    setProblem(answer.kind === 'answered' ? undefined : answer.detail);
    if (answer.kind === 'answered')
      setMore({ value: [...(more?.value ?? []), ...answer.value.value], next: answer.value.next });
  };
  const known = new Map(
    [...first.value, ...(more?.value ?? [])].map((subscription) => [subscription.id, subscription]),
  );
  const shown = [...known.values()];
  const { sort: _, ...unsorted } = filter;
  const onSort = (sort: string | undefined): void =>
    replaceRoute({ view: 'subscriptions', filter: { ...unsorted, ...(sort !== undefined && { sort }) } });
  const sorting = { sort: filter.sort, onSort };
  // With a filter, the first match may be on a later page.
  useEffect(() => {
    if (shown.length === 0 && next !== undefined && !isAsking && problem === undefined) void ask();
  });
  return (
    <>
      {shown.length === 0 && next === undefined && <Nothing filter={filter} />}
      {shown.length > 0 && <SortChoice columns={sortable} {...sorting} />}
      {shown.length > 0 && (
        <table class="cards subscriptions">
          <thead>
            <tr>
              <SortHeader column="label" name="Subscription" {...sorting} />
              <SortHeader column="threshold" name="Waits for" {...sorting} />
              <SortHeader column="status" name="Status" {...sorting} />
              <th scope="col">Instance</th>
              <SortHeader column="createdAt" name="Made" {...sorting} />
              <th scope="col">Last fired</th>
              <th scope="col">Flow</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((subscription) => (
              <Row key={subscription.id} subscription={subscription} />
            ))}
          </tbody>
        </table>
      )}
      {problem !== undefined && <Problem>{problem}</Problem>}
      {first.more && (
        <p class="note">
          Only 10,000 subscriptions could be sorted. The others are not listed: narrow the filter to see all that match.
        </p>
      )}
      <p class="paging" role="status">
        {next === undefined ? (
          shown.length > 0 && <span>{allShown(shown.length)}</span>
        ) : (
          <>
            <span>{shown.length} shown.</span>{' '}
            <button type="button" disabled={isAsking} onClick={() => void ask()}>
              {isAsking ? 'Loading…' : 'Show more'}
            </button>
          </>
        )}{' '}
        {shown.length > 0 && <CsvButton name="subscriptions" columns={subscriptionColumns} rows={shown} />}
      </p>
    </>
  );
}

function Nothing({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  if (Object.keys(filter).every((name) => name === 'sort')) return <Empty>There are no subscriptions yet.</Empty>;
  return (
    <Empty>
      No subscription matches these filters. <a href={hashOf({ view: 'subscriptions', filter: {} })}>Show all</a>
    </Empty>
  );
}

function Row({ subscription }: { readonly subscription: SubscriptionResponse }): JSX.Element {
  const { instanceName } = useOperator();
  const { id, label, trigger, instanceId, createdAt, flowUrl, status, health, activity, warnings = [] } = subscription;
  const condition = conditionOf(subscription);
  const since = status === 'active' ? health.failingSince : health.pausedSince;
  return (
    <tr>
      <th scope="row">
        <a {...rowLink} href={hashOf({ view: 'subscription', id, days: 7 })}>
          {label ?? condition}
        </a>
        <span class="id">{triggerNames[trigger]}</span>
      </th>
      <td data-name="Waits for">{condition}</td>
      <td data-name="Status">
        <SubscriptionStatus {...subscription} />
        {warnings.map((warning) => (
          <span key={warning} class="id">
            Warning: {warning}
          </span>
        ))}
        {since !== undefined && (
          <span class="id">
            since <Instant at={since} />
          </span>
        )}
        {health.deadDeliveries > 0 && <span class="id">{health.deadDeliveries} dead since its last success</span>}
      </td>
      <td data-name="Instance">{instanceName(instanceId)}</td>
      <td data-name="Made">
        <Instant at={createdAt} />
      </td>
      <td data-name="Last fired">
        {activity?.lastFiredAt === undefined ? (
          <span class="faint">not lately</span>
        ) : (
          <span>
            <Ago at={activity.lastFiredAt} />
          </span>
        )}
        {activity !== undefined && activity.delivered + activity.failed > 0 && (
          <span class="id">
            {activity.delivered} of {activity.delivered + activity.failed} arrived
          </span>
        )}
      </td>
      <td data-name="Flow">
        {flowUrl === undefined ? (
          <span class="faint">not named</span>
        ) : (
          <FlowLink url={flowUrl} label={label ?? condition} />
        )}
      </td>
    </tr>
  );
}
