import type { JSX } from 'preact';
import type { DeliveryResponse } from '../../shared/operations/operator-responses.ts';
import { deliveryColumns } from '../live/csv-columns.ts';
import type { Answer, Page } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { filterWords } from '../live/delivery-filter-words.ts';
import { hashOf, rangeOf, type DeliveryChoice } from '../live/route.ts';
import { useTitle } from '../live/use-title.ts';
import { SLOW_MS, useChanges } from '../live/use-changes.ts';
import { rowLink } from '../live/use-keys.ts';
import { useLive } from '../live/use-live.ts';
import { useOlder } from '../live/use-older.ts';
import { closeTo } from '../live/use-route.ts';
import { useSubscriptionNames, type NamedSubscription } from '../live/use-subscription-names.ts';
import { allShown, reasonBesideBadge, triggerNames } from '../live/wording.ts';
import { CsvButton } from '../parts/csv-button.tsx';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, OtherInstances, Problem } from '../parts/notes.tsx';
import { DeliveryStatus } from '../parts/status.tsx';
import { Attempts } from './attempts.tsx';
import { Recover, Redeliver } from './delivery-actions.tsx';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import { DeliveryFilter, type DeliveriesRoute } from './delivery-filter.tsx';

const TOP = 50;

const titles: Readonly<Record<DeliveryChoice, string>> = {
  dead: 'Dead deliveries',
  retrying: 'Deliveries being retried',
  parked: 'Parked deliveries',
  ended: 'Deliveries that ended with their subscription',
  delivered: 'Deliveries that arrived',
  pending: 'Deliveries not attempted yet',
  any: 'Deliveries',
};

/** Deliveries, with the reason for their status and the possible actions. */
export function Deliveries({ route }: { readonly route: DeliveriesRoute }): JSX.Element {
  const { api } = useOperator();
  const { open, ...list } = route;
  const { view, status, days, since, until, ...search } = list;
  useTitle(titles[status]);
  const key = hashOf(list);
  const ask = (next?: string, signal?: AbortSignal) => {
    const filter = { ...search, ...(status !== 'any' && { status }), ...rangeOf(route, Date.now()) };
    return api.list<DeliveryResponse>('deliveries', { ...filter, attempts: 'true', top: TOP, next }, signal);
  };
  const mark = useChanges(search.instanceId === undefined ? {} : { instanceIds: [search.instanceId] });
  // A list with delivered ones reads all deliveries of each event, which is expensive. It is
  // refreshed only after a change.
  const isCostly = status === 'any' || status === 'delivered' || status === 'pending';
  const first = useLive(key, isCostly ? 0 : SLOW_MS, (signal) => ask(undefined, signal), mark);
  return (
    <>
      <h1>{titles[status]}</h1>
      <DeliveryFilter route={route} />
      <LivePart live={first} lines={8}>
        {(page) => <Pages key={key} first={page} ask={ask} onChange={first.refresh} route={route} />}
      </LivePart>
      {open !== undefined && (
        <DeliveryDrawer key={open} id={open} mark={mark} onClose={() => closeTo(list)} onChange={first.refresh} />
      )}
    </>
  );
}

function Pages({
  first,
  ask,
  onChange,
  route,
}: {
  readonly first: Page<DeliveryResponse>;
  readonly ask: (next?: string) => Promise<Answer<Page<DeliveryResponse>>>;
  readonly onChange: () => void;
  readonly route: DeliveriesRoute;
}): JSX.Element {
  const { rows, hasMore, lookedBackTo, problem, askMore } = useOlder(first, ({ deliveryId }) => deliveryId, ask);
  const shown = rows.toSorted((left, right) => Date.parse(right.occurredAt) - Date.parse(left.occurredAt));
  const names = useSubscriptionNames(shown.map(({ subscriptionId }) => subscriptionId));
  if (shown.length === 0 && !hasMore) {
    return (
      <>
        {first.more && <OtherInstances />}
        <Nothing route={route} isAll={!first.more} />
      </>
    );
  }
  return (
    <>
      {first.more && <OtherInstances />}
      <table class="cards deliveries">
        <thead>
          <tr>
            <th scope="col">Subscription</th>
            <th scope="col">Event</th>
            <th scope="col">Why</th>
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((delivery) => (
            <Row
              key={delivery.deliveryId}
              delivery={delivery}
              subscription={names.get(delivery.subscriptionId)}
              href={hashOf({ ...route, open: delivery.deliveryId })}
              onChange={onChange}
            />
          ))}
        </tbody>
      </table>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <p class="paging">
        {!hasMore ? (
          <span>{allShown(shown.length)}</span>
        ) : (
          <>
            {lookedBackTo !== undefined && (
              <span>
                {shown.length} found; searched back to <Instant at={lookedBackTo} />.{' '}
              </span>
            )}
            <button type="button" onClick={askMore}>
              Show older
            </button>
          </>
        )}{' '}
        {shown.length > 0 && (
          <CsvButton name="deliveries" columns={deliveryColumns((id) => names.get(id)?.name)} rows={shown} />
        )}
      </p>
    </>
  );
}

function Nothing({ route, isAll }: { readonly route: DeliveriesRoute; readonly isAll: boolean }): JSX.Element {
  const { instanceName } = useOperator();
  const { view: _, days, since, until, open, ...filter } = route;
  const words = filterWords(filter, instanceName);
  if (route.status === 'dead' && words.length === 1 && since === undefined && isAll) {
    return <Empty>No delivery of the last {days === 1 ? '24 hours' : `${days} days`} is dead.</Empty>;
  }
  const range = since !== undefined ? 'in this range' : `in the last ${days === 1 ? '24 hours' : `${days} days`}`;
  return (
    <Empty>
      <span>
        No delivery {range}
        {words.length > 0 && ` has ${words.join(', ')}`}.{' '}
        <a href={hashOf({ view: 'deliveries', status: 'any', days: 30 })}>Show all</a>
      </span>
    </Empty>
  );
}

function Row({
  delivery,
  subscription,
  href,
  onChange,
}: {
  readonly delivery: DeliveryResponse;
  /**
   * Absent while it is loading. `null` when the subscription is no longer stored, so that no flow
   * can be called.
   */
  readonly subscription: NamedSubscription | null | undefined;
  /** Opens the delivery. */
  readonly href: string;
  readonly onChange: () => void;
}): JSX.Element {
  const { deliveryId, subscriptionId, trigger, occurredAt, about, status, test } = delivery;
  const shown = subscription?.name ?? triggerNames[trigger];
  const which = `${shown}, ${occurredAt}`;
  return (
    <tr>
      <th scope="row">
        <a href={hashOf({ view: 'subscription', id: subscriptionId, days: 30, at: occurredAt })}>{shown}</a>
        {subscription && <span class="id">{triggerNames[trigger]}</span>}
        {subscription === null && <span class="id">its subscription is no longer kept</span>}
      </th>
      <td data-name="Event">
        <span>
          <Instant at={occurredAt} /> {test && <span class="faint">(test)</span>}
        </span>
        <span class="id">{about}</span>
      </td>
      <td data-name="Why">
        <span>
          <DeliveryStatus status={status} /> <span>{reasonBesideBadge(delivery)}</span>
        </span>
        <Attempts delivery={delivery} subscriptionStatus={subscription?.status} />
      </td>
      <td class="actions">
        <div class="buttons">
          <a {...rowLink} class="button small" href={href} aria-label={`Details of ${which}`}>
            Details
          </a>
          {status !== 'ended' && subscription !== null && (
            <Redeliver deliveryId={deliveryId} about={which} onDone={onChange} />
          )}
          {(status === 'dead' || status === 'parked') && subscription !== null && (
            <Recover subscriptionId={subscriptionId} name={shown} onDone={onChange} />
          )}
        </div>
      </td>
    </tr>
  );
}
