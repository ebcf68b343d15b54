import type { JSX } from 'preact';
import type { SearchResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import { rowLink } from '../live/use-keys.ts';
import { useLive } from '../live/use-live.ts';
import { useTitle } from '../live/use-title.ts';
import { conditionOf, triggerNames } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart } from '../parts/notes.tsx';
import { SubscriptionStatus } from '../parts/status.tsx';
import { Pause } from './subscription-actions.tsx';

/** The results of a search: subscriptions, and events and deliveries by id. */
export function Search({ q }: { readonly q: string }): JSX.Element {
  const { api } = useOperator();
  useTitle(`Search: ${q}`);
  const found = useLive(q, 0, (signal) => api.get<SearchResponse>('search', { q }, signal));
  return (
    <>
      <h1>Search: {q}</h1>
      <LivePart live={found} lines={6}>
        {(value) => <Results found={value} onChange={found.refresh} />}
      </LivePart>
    </>
  );
}

function Results({
  found: { subscriptions, events, deliveries, more },
  onChange,
}: {
  readonly found: SearchResponse;
  readonly onChange: () => void;
}): JSX.Element {
  const { instanceName } = useOperator();
  const count = subscriptions.length + events.length + deliveries.length;
  if (count === 0) {
    return (
      <Empty>
        {more
          ? 'Not among the first 10,000 subscriptions. Narrow their list by instance and trigger.'
          : 'Nothing is called so, and no flow has this id or address.'}
      </Empty>
    );
  }
  return (
    <ul class="results">
      {deliveries.map(({ deliveryId, subscriptionId, about, occurredAt }) => (
        <li key={deliveryId}>
          <a
            {...rowLink}
            href={hashOf({ view: 'subscription', id: subscriptionId, days: 30, at: occurredAt, open: deliveryId })}
          >
            {about}
          </a>
          <span class="id">
            Delivery, <Instant at={occurredAt} />
          </span>
        </li>
      ))}
      {events.map(({ eventId, about, occurredAt }) => (
        <li key={eventId}>
          <a {...rowLink} href={hashOf({ view: 'deliveries', status: 'any', days: 30, q: eventId })}>
            {about}
          </a>
          <span class="id">
            Event, <Instant at={occurredAt} />
          </span>
        </li>
      ))}
      {subscriptions.map((subscription) => (
        <li key={subscription.id}>
          <a {...rowLink} href={hashOf({ view: 'subscription', id: subscription.id, days: 7 })}>
            {subscription.label ?? conditionOf(subscription)}
          </a>{' '}
          <SubscriptionStatus {...subscription} />{' '}
          {(subscription.status === 'active' || subscription.status === 'paused') && (
            <Pause
              subscriptionId={subscription.id}
              name={subscription.label ?? conditionOf(subscription)}
              onDone={onChange}
              isSmall
            />
          )}
          <span class="id">
            {triggerNames[subscription.trigger]}: {conditionOf(subscription)}, {instanceName(subscription.instanceId)}
          </span>
        </li>
      ))}
      {more && <li class="faint">There may be more: say it more exactly.</li>}
    </ul>
  );
}
