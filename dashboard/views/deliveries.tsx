import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeliveryResponse } from '../../shared/operations/operator-responses.ts';
import type { Answer, Page } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf, type DeliveryChoice } from '../live/route.ts';
import { useTitle } from '../live/use-title.ts';
import { useLive } from '../live/use-live.ts';
import { replaceRoute } from '../live/use-route.ts';
import { useSubscriptionNames } from '../live/use-subscription-names.ts';
import { triggerNames } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { DeliveryStatus } from '../parts/status.tsx';
import { Attempts } from './attempts.tsx';
import { Recover, Redeliver } from './delivery-actions.tsx';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import { DeliveryFilter, type DeliveriesRoute } from './delivery-filter.tsx';

const EVERY_MS = 15_000;
const DAY_MS = 86_400_000;
const TOP = 50;

const titles: Readonly<Record<DeliveryChoice, string>> = {
  dead: 'Dead letters',
  retrying: 'Deliveries being retried',
  parked: 'Parked deliveries',
  ended: 'Deliveries that ended with their subscription',
  delivered: 'Deliveries that arrived',
  pending: 'Deliveries not attempted yet',
  any: 'Deliveries',
};

/** Deliveries, with the reason for their status and the possible actions. */
export function Deliveries({ place }: { readonly place: DeliveriesRoute }): JSX.Element {
  const { api } = useOperator();
  const { view, status, days, open, ...search } = place;
  useTitle(titles[status]);
  const key = hashOf({ view, status, days, ...search });
  const ask = (next?: string, signal?: AbortSignal) => {
    const since = new Date(Date.now() - days * DAY_MS).toISOString();
    const filter = { ...search, ...(status !== 'any' && { status }), since };
    return api.list<DeliveryResponse>('deliveries', { ...filter, attempts: 'true', top: TOP, next }, signal);
  };
  // A list with delivered ones reads all deliveries of each event, which is expensive. It is not refreshed automatically.
  const isCostly = status === 'any' || status === 'delivered' || status === 'pending';
  const first = useLive(key, isCostly ? 0 : EVERY_MS, (signal) => ask(undefined, signal));
  return (
    <>
      <h1>{titles[status]}</h1>
      <DeliveryFilter place={place} />
      <LivePart live={first} lines={8}>
        {(page) => <Pages key={key} first={page} ask={ask} onChange={first.refresh} place={place} />}
      </LivePart>
      {open !== undefined && (
        <DeliveryDrawer
          key={open}
          id={open}
          onClose={() => replaceRoute({ view, status, days, ...search })}
          onChange={first.refresh}
        />
      )}
    </>
  );
}

function Pages({
  first,
  ask,
  onChange,
  place,
}: {
  readonly first: Page<DeliveryResponse>;
  readonly ask: (next?: string) => Promise<Answer<Page<DeliveryResponse>>>;
  readonly onChange: () => void;
  readonly place: DeliveriesRoute;
}): JSX.Element {
  const [more, setMore] = useState<Page<DeliveryResponse>>();
  const [problem, setProblem] = useState<string>();
  const { next, lookedBackTo } = more ?? first;
  const known = new Map([...(more?.value ?? []), ...first.value].map((delivery) => [delivery.deliveryId, delivery]));
  const shown = [...known.values()].sort((left, right) => Date.parse(right.occurredAt) - Date.parse(left.occurredAt));
  const names = useSubscriptionNames(shown);
  const askMore = async (): Promise<void> => {
    const answer = await ask(next);
    setProblem(answer.kind === 'answered' ? undefined : answer.detail);
    if (answer.kind === 'answered')
      setMore({ ...answer.value, value: [...(more?.value ?? []), ...answer.value.value] });
  };
  if (shown.length === 0 && next === undefined) {
    return (
      <Empty>
        {place.status === 'dead' && Object.keys(place).length === 3
          ? 'No delivery is dead.'
          : 'There is none in this time.'}
      </Empty>
    );
  }
  return (
    <>
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
              name={names.get(delivery.subscriptionId)}
              href={hashOf({ ...place, open: delivery.deliveryId })}
              onChange={onChange}
            />
          ))}
        </tbody>
      </table>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <p class="paging">
        {next === undefined ? (
          `${shown.length} shown, no more.`
        ) : (
          <>
            {lookedBackTo !== undefined && (
              <span>
                {shown.length} found; searched back to <Instant at={lookedBackTo} />.{' '}
              </span>
            )}
            <button type="button" onClick={() => void askMore()}>
              Show older
            </button>
          </>
        )}
      </p>
    </>
  );
}

function Row({
  delivery,
  name,
  href,
  onChange,
}: {
  readonly delivery: DeliveryResponse;
  /** The name of the subscription. Absent while it is loading. `null` when the subscription is no longer stored, so that no flow can be called. */
  readonly name: string | null | undefined;
  /** Opens the delivery. */
  readonly href: string;
  readonly onChange: () => void;
}): JSX.Element {
  const { deliveryId, subscriptionId, trigger, occurredAt, about, status, reason, test } = delivery;
  const shown = name ?? triggerNames[trigger];
  const which = `${shown}, ${occurredAt}`;
  return (
    <tr>
      <th scope="row">
        <a href={hashOf({ view: 'subscription', id: subscriptionId, days: 30, at: occurredAt })}>{shown}</a>
        {name && <span class="id">{triggerNames[trigger]}</span>}
        {name === null && <span class="id">its subscription is no longer kept</span>}
      </th>
      <td data-name="Event">
        <span>
          <Instant at={occurredAt} /> {test && <span class="faint">(test)</span>}
        </span>
        <span class="id">{about}</span>
      </td>
      <td data-name="Why">
        <span>
          <DeliveryStatus status={status} /> {reason}
        </span>
        <Attempts delivery={delivery} />
      </td>
      <td class="actions">
        <div class="buttons">
          <a class="button small" href={href} aria-label={`Details of ${which}`}>
            Details
          </a>
          {status !== 'ended' && name !== null && <Redeliver deliveryId={deliveryId} about={which} onDone={onChange} />}
          {(status === 'dead' || status === 'parked') && name !== null && (
            <Recover subscriptionId={subscriptionId} name={shown} onDone={onChange} />
          )}
        </div>
      </td>
    </tr>
  );
}
