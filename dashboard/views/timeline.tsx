import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import { hashOf } from '../live/route.ts';
import { byDay, type TimelineEntry } from '../live/timeline.ts';
import { rowLink } from '../live/use-keys.ts';
import { reasonBesideBadge } from '../live/wording.ts';
import { ClockTime, dayOf } from '../parts/instant.tsx';
import { Empty } from '../parts/notes.tsx';
import { OutcomeMark } from '../parts/outcome-mark.tsx';
import { DeliveryStatus } from '../parts/status.tsx';
import { Attempts } from './attempts.tsx';
import { Redeliver } from './delivery-actions.tsx';

interface Where {
  readonly id: string;
  /** The status of the subscription. */
  readonly status: SubscriptionResponse['status'];
  readonly days: number;
  /** The time in the URL, whose entry is highlighted. */
  readonly at: string | undefined;
}

/** More entries than this make the page slow to lay out, so they are shown only on request. */
const SHOWN_AT_ONCE = 150;

/** Evaluations and deliveries by day, newest first, each with its reason. */
export function Timeline({
  entries,
  where,
  onChange,
}: {
  readonly entries: readonly TimelineEntry[];
  readonly where: Where;
  readonly onChange: () => void;
}): JSX.Element {
  const pointedAt = where.at === undefined ? -1 : entries.findIndex(({ at }) => at === where.at);
  const [count, setCount] = useState(Math.max(SHOWN_AT_ONCE, pointedAt + 1));
  if (entries.length === 0) return <Empty>Nothing was evaluated, refreshed or delivered in this time.</Empty>;
  return (
    <div class="timeline">
      {byDay(entries.slice(0, count), dayOf).map(({ key, entries: ofDay }) => (
        <section key={key} aria-label={key}>
          <h3>{key}</h3>
          <ol>
            {ofDay.map((entry) => (
              <Entry key={entryKey(entry)} entry={entry} where={where} onChange={onChange} />
            ))}
          </ol>
        </section>
      ))}
      {entries.length > count && (
        <p class="paging">
          <button type="button" onClick={() => setCount(count + SHOWN_AT_ONCE)}>
            Show older
          </button>
        </p>
      )}
    </div>
  );
}

/** The description of an entry that has a delivery but no evaluation. */
function eventOf(delivery: DeliveryResponse | undefined): string {
  if (delivery === undefined) return 'Event';
  return delivery.test ? `Test event: ${delivery.about}` : delivery.about;
}

function entryKey({ at, observation, deliveries }: TimelineEntry): string {
  return observation ? `${at} ${observation.sentence}` : (deliveries[0]?.deliveryId ?? at);
}

function Entry({
  entry,
  where,
  onChange,
}: {
  readonly entry: TimelineEntry;
  readonly where: Where;
  readonly onChange: () => void;
}): JSX.Element {
  const { at, observation, deliveries } = entry;
  const isMeant = at === where.at;
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isMeant) item.current?.scrollIntoView({ block: 'center' });
  }, [isMeant]);
  const isQuiet = deliveries.length === 0 && observation?.outcome !== 'failed';
  return (
    <li
      ref={item}
      class={isMeant ? 'entry meant' : isQuiet ? 'entry quiet' : 'entry'}
      aria-current={isMeant || undefined}
    >
      <a
        class="at"
        href={hashOf({ view: 'subscription', id: where.id, days: where.days, at })}
        title="The address of this moment"
      >
        <ClockTime at={at} />
      </a>
      {observation && <OutcomeMark outcome={observation.outcome} />}
      <div class="what">
        <p class="sentence">{observation?.sentence ?? eventOf(deliveries[0])}</p>
        {observation?.fires && deliveries.length === 0 && (
          <p class="faint">No delivery of it is known: it is older than what is kept, or still being worked out.</p>
        )}
        {deliveries.map((delivery) => (
          <DeliveryEntry key={delivery.deliveryId} delivery={delivery} where={where} onChange={onChange} />
        ))}
      </div>
    </li>
  );
}

function DeliveryEntry({
  delivery,
  where,
  onChange,
}: {
  readonly delivery: DeliveryResponse;
  readonly where: Where;
  readonly onChange: () => void;
}): JSX.Element {
  const { deliveryId, status, test } = delivery;
  return (
    <div class="delivery-entry">
      <p>
        <DeliveryStatus status={status} /> <span>{reasonBesideBadge(delivery)}</span>{' '}
        {test && <span class="faint">(test)</span>}
        <a
          {...rowLink}
          href={hashOf({
            view: 'subscription',
            id: where.id,
            days: where.days,
            open: deliveryId,
            ...(where.at && { at: where.at }),
          })}
          aria-label={`Details of the delivery of ${delivery.occurredAt}`}
        >
          Details
        </a>{' '}
        {status !== 'pending' && (
          <Redeliver deliveryId={deliveryId} about={`the delivery of ${delivery.occurredAt}`} onDone={onChange} />
        )}
      </p>
      <Attempts delivery={delivery} subscriptionStatus={where.status} />
    </div>
  );
}
