import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { DeliveryAnswer } from '../../shared/operations/operator-answers.ts';
import type { Answer, Page } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf, type TroubledStatus } from '../live/route.ts';
import { useTitle } from '../live/use-title.ts';
import { useLive } from '../live/use-live.ts';
import { useSubscriptionNames } from '../live/use-subscription-names.ts';
import { triggerNames } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { DeliveryStatus } from '../parts/status.tsx';
import { Attempts } from './attempts.tsx';
import { Recover, Redeliver } from './delivery-actions.tsx';
import { DeliveryFilter } from './delivery-filter.tsx';

interface Place {
  readonly status: TroubledStatus;
  readonly days: number;
}

const EVERY_MS = 15_000;
const DAY_MS = 86_400_000;
const TOP = 50;

const titles: Readonly<Record<TroubledStatus, string>> = {
  dead: 'Dead letters',
  retrying: 'Deliveries being retried',
  parked: 'Held deliveries',
  ended: 'Deliveries that ended with their subscription',
};

/** Deliveries that did not arrive, with why, and what can be done. */
export function Deliveries(place: Place): JSX.Element {
  const { api } = useOperator();
  const { status, days } = place;
  useTitle(titles[status]);
  const key = hashOf({ view: 'deliveries', status, days });
  const ask = (next?: string, signal?: AbortSignal) => {
    const since = new Date(Date.now() - days * DAY_MS).toISOString();
    return api.list<DeliveryAnswer>('deliveries', { status, since, attempts: 'true', top: TOP, next }, signal);
  };
  const first = useLive(key, EVERY_MS, (signal) => ask(undefined, signal));
  return (
    <>
      <h1>{titles[status]}</h1>
      <DeliveryFilter status={status} days={days} />
      <LivePart live={first} lines={8}>
        {(page) => <Pages key={key} first={page} ask={ask} onChange={first.refresh} place={place} />}
      </LivePart>
    </>
  );
}

function Pages({
  first,
  ask,
  onChange,
  place,
}: {
  readonly first: Page<DeliveryAnswer>;
  readonly ask: (next?: string) => Promise<Answer<Page<DeliveryAnswer>>>;
  readonly onChange: () => void;
  readonly place: Place;
}): JSX.Element {
  const [more, setMore] = useState<Page<DeliveryAnswer>>();
  const [problem, setProblem] = useState<string>();
  const next = more ? more.next : first.next;
  const known = new Map([...(more?.value ?? []), ...first.value].map((one) => [one.deliveryId, one]));
  const shown = [...known.values()].sort((one, other) => Date.parse(other.occurredAt) - Date.parse(one.occurredAt));
  const names = useSubscriptionNames(shown);
  const askMore = async (): Promise<void> => {
    const answer = await ask(next);
    setProblem(answer.kind === 'answered' ? undefined : answer.detail);
    if (answer.kind === 'answered')
      setMore({ value: [...(more?.value ?? []), ...answer.value.value], next: answer.value.next });
  };
  if (shown.length === 0 && next === undefined) {
    return <Empty>{place.status === 'dead' ? 'No delivery is dead.' : 'There is none in this time.'}</Empty>;
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
          <button type="button" onClick={() => void askMore()}>
            Show older
          </button>
        )}
      </p>
    </>
  );
}

function Row({
  delivery,
  name,
  onChange,
}: {
  readonly delivery: DeliveryAnswer;
  /** Of its subscription, as far as it is known; `null`: that is no longer kept, and nobody can be called. */
  readonly name: string | null | undefined;
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
          {status !== 'ended' && name !== null && <Redeliver deliveryId={deliveryId} about={which} onDone={onChange} />}
          {(status === 'dead' || status === 'parked') && name !== null && (
            <Recover subscriptionId={subscriptionId} name={shown} onDone={onChange} />
          )}
        </div>
      </td>
    </tr>
  );
}
