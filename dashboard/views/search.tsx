import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SearchResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf, type Route } from '../live/route.ts';
import { rowLink } from '../live/use-keys.ts';
import { useLive } from '../live/use-live.ts';
import { replaceRoute } from '../live/use-route.ts';
import { useTitle } from '../live/use-title.ts';
import { conditionOf, triggerNames } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart } from '../parts/notes.tsx';
import { SubscriptionStatus } from '../parts/status.tsx';
import { Pause } from './subscription-actions.tsx';

/**
 * The results of a search: subscriptions, and events and deliveries by id. A single result is
 * opened at once.
 */
export function Search({ q }: { readonly q: string }): JSX.Element {
  const { api } = useOperator();
  useTitle(`Search: ${q}`);
  const found = useLive(q, 0, (signal) => api.get<SearchResponse>('search', { q }, signal));
  const single = found.value && singleHit(found.value);
  const href = single && hashOf(single);
  useEffect(() => {
    if (single !== undefined) replaceRoute(single);
  }, [href]);
  return (
    <>
      <h1>Search: {q}</h1>
      <LivePart live={found} lines={6}>
        {(value) => single === undefined && <Results found={value} onChange={found.refresh} />}
      </LivePart>
    </>
  );
}

/** The view of the result, if there is exactly one. */
function singleHit({ subscriptions, events, deliveries, more }: SearchResponse): Route | undefined {
  const hits = [
    ...deliveries.map(routeOfDelivery),
    ...events.map(routeOfEvent),
    ...subscriptions.map(routeOfSubscription),
  ];
  return hits.length === 1 && !more ? hits[0] : undefined;
}

const routeOfDelivery = ({ deliveryId, subscriptionId, occurredAt }: SearchResponse['deliveries'][number]): Route => ({
  view: 'subscription',
  id: subscriptionId,
  days: 30,
  at: occurredAt,
  open: deliveryId,
});
const routeOfEvent = ({ eventId }: { readonly eventId: string }): Route => ({
  view: 'deliveries',
  status: 'any',
  days: 30,
  q: eventId,
});
const routeOfSubscription = ({ id }: { readonly id: string }): Route => ({ view: 'subscription', id, days: 7 });

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
      {deliveries.map((delivery) => (
        <li key={delivery.deliveryId}>
          <a {...rowLink} href={hashOf(routeOfDelivery(delivery))}>
            {delivery.about}
          </a>
          <span class="id">
            Delivery, <Instant at={delivery.occurredAt} />
          </span>
        </li>
      ))}
      {events.map(({ eventId, about, occurredAt }) => (
        <li key={eventId}>
          <a {...rowLink} href={hashOf(routeOfEvent({ eventId }))}>
            {about}
          </a>
          <span class="id">
            Event, <Instant at={occurredAt} />
          </span>
        </li>
      ))}
      {subscriptions.map((subscription) => (
        <li key={subscription.id}>
          <a {...rowLink} href={hashOf(routeOfSubscription(subscription))}>
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
