import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import type { Page, Query } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf, type SubscriptionFilter } from '../live/route.ts';
import { useTitle } from '../live/use-title.ts';
import { useLive } from '../live/use-live.ts';
import { conditionOf, triggerNames } from '../live/wording.ts';
import { FlowLink } from '../parts/flow-link.tsx';
import { Ago, Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { SubscriptionStatus } from '../parts/status.tsx';
import { FilterForm } from './subscription-filter.tsx';

const EVERY_MS = 15_000;
const TOP = 50;

/** All subscriptions, with a filter. */
export function Subscriptions({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  const { api } = useOperator();
  useTitle('Subscriptions');
  const key = hashOf({ view: 'subscriptions', filter });
  const first = useLive(key, EVERY_MS, (signal) =>
    api.list<SubscriptionResponse>('subscriptions', { ...asked(filter), activity: 'true', top: TOP }, signal),
  );
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

/** Failing subscriptions have the status active, so the operator API has a separate filter for them. */
function asked({ status, ...filter }: SubscriptionFilter): Query {
  return { ...filter, ...(status === 'failing' ? { failing: 'true' } : { status }) };
}

/** The first page, which is refreshed, and the following pages as they were when they were loaded. */
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
  // With a filter, the first match may be on a later page.
  useEffect(() => {
    if (shown.length === 0 && next !== undefined && !isAsking && problem === undefined) void ask();
  });
  return (
    <>
      {shown.length === 0 && next === undefined && <Nothing filter={filter} />}
      {shown.length > 0 && (
        <table class="cards subscriptions">
          <thead>
            <tr>
              <th scope="col">Subscription</th>
              <th scope="col">Waits for</th>
              <th scope="col">Status</th>
              <th scope="col">Instance</th>
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
      <p class="paging" role="status">
        {next === undefined ? (
          shown.length > 0 && `${shown.length} shown, no more.`
        ) : (
          <>
            <span>{shown.length} shown.</span>{' '}
            <button type="button" disabled={isAsking} onClick={() => void ask()}>
              {isAsking ? 'Loading…' : 'Show more'}
            </button>
          </>
        )}
      </p>
    </>
  );
}

function Nothing({ filter }: { readonly filter: SubscriptionFilter }): JSX.Element {
  if (Object.keys(filter).length === 0) return <Empty>There are no subscriptions yet.</Empty>;
  return (
    <Empty>
      No subscription is like this. <a href={hashOf({ view: 'subscriptions', filter: {} })}>Show all</a>
    </Empty>
  );
}

function Row({ subscription }: { readonly subscription: SubscriptionResponse }): JSX.Element {
  const { instanceName } = useOperator();
  const { id, label, trigger, instanceId, createdAt, flowUrl, status, health, activity, warnings = [] } = subscription;
  const condition = conditionOf(subscription);
  return (
    <tr>
      <th scope="row">
        <a href={hashOf({ view: 'subscription', id, days: 7 })}>{label ?? condition}</a>
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
        {status === 'active' && health.failingSince !== undefined && (
          <span class="id">
            since <Instant at={health.failingSince} />
          </span>
        )}
        {health.deadDeliveries > 0 && <span class="id">{health.deadDeliveries} dead since its last success</span>}
      </td>
      <td data-name="Instance">{instanceName(instanceId)}</td>
      <td data-name="Last fired">
        {activity?.lastFiredAt === undefined ? (
          <span class="faint">not lately</span>
        ) : (
          <span>
            <Ago at={activity.lastFiredAt} />
          </span>
        )}
        <span class="id">
          {activity !== undefined && activity.delivered + activity.failed > 0 ? (
            `${activity.delivered} of ${activity.delivered + activity.failed} arrived`
          ) : (
            <>
              made <Instant at={createdAt} />
            </>
          )}
        </span>
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
