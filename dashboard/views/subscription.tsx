import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import type { Answer, OperatorApi } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { timelineOf } from '../live/timeline.ts';
import { SLOW_MS, useChanges } from '../live/use-changes.ts';
import { useLive, type Live } from '../live/use-live.ts';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';
import { closeTo } from '../live/use-route.ts';
import { DeliveryDrawer } from './delivery-drawer.tsx';
import { Days } from './days.tsx';
import { SubscriptionHead } from './subscription-head.tsx';
import { Timeline } from './timeline.tsx';
import { ValuesPanel, type Observed } from './values-panel.tsx';

interface SubscriptionRoute {
  readonly id: string;
  readonly days: number;
  readonly at: string | undefined;
  /** The delivery that is opened over the page. */
  readonly open: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * One subscription: its values and its threshold, and each evaluation and delivery with its reason.
 */
export function Subscription(route: SubscriptionRoute): JSX.Element {
  const { id, days } = route;
  const { api } = useOperator();
  const mark = useChanges({ subscriptionId: id });
  const subscription = useLive(
    id,
    SLOW_MS,
    (signal) => api.get<SubscriptionResponse>(`subscriptions/${id}`, {}, signal),
    mark,
  );
  const deliveries = useLive(`${id} ${days}`, SLOW_MS, (signal) => deliveriesOf(api, id, days, signal), mark);
  // Values are requested again only when there is a new evaluation, because calls to Customer
  // Insights are limited.
  const evaluatedAt = subscription.value?.lastEvaluation?.evaluatedAt;
  const isKnown = subscription.value !== undefined;
  const observations = useLive(`${id} ${days} ${isKnown ? (evaluatedAt ?? 'none') : 'wait'}`, 0, (signal) =>
    isKnown
      ? api.get<Observed>(`subscriptions/${id}/observations`, { days }, signal)
      : new Promise<Answer<Observed>>(() => undefined),
  );
  const refresh = (): void => {
    subscription.refresh();
    deliveries.refresh();
  };
  return (
    <>
      {subscription.value === undefined && <h1>Subscription</h1>}
      <LivePart live={subscription} lines={4}>
        {(value) => (
          <>
            <SubscriptionHead subscription={value} onChange={refresh} />
            <History
              subscription={value}
              route={route}
              observations={observations}
              deliveries={deliveries}
              onChange={refresh}
            />
          </>
        )}
      </LivePart>
      {route.open !== undefined && (
        <DeliveryDrawer
          key={route.open}
          id={route.open}
          mark={mark}
          onClose={() => closeTo({ view: 'subscription', id, days, ...(route.at && { at: route.at }) })}
          onChange={refresh}
        />
      )}
    </>
  );
}

/** Pages of events of the subject. Each event has at most one delivery for the subscription. */
const MAX_PAGES = 10;

async function deliveriesOf(
  api: OperatorApi,
  subscriptionId: string,
  days: number,
  signal: AbortSignal,
): Promise<Answer<readonly DeliveryResponse[]>> {
  const since = new Date(Date.now() - days * DAY_MS).toISOString();
  const found: DeliveryResponse[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = { subscriptionId, since, attempts: 'true', top: 100, next };
    const answer = await api.list<DeliveryResponse>('deliveries', query, signal);
    if (answer.kind !== 'answered') return answer;
    found.push(...answer.value.value);
    next = answer.value.next;
    if (next === undefined) break;
  }
  return { kind: 'answered', value: found };
}

function History({
  subscription,
  route,
  observations,
  deliveries,
  onChange,
}: {
  readonly subscription: SubscriptionResponse;
  readonly route: SubscriptionRoute;
  readonly observations: Live<Observed>;
  readonly deliveries: Live<readonly DeliveryResponse[]>;
  readonly onChange: () => void;
}): JSX.Element {
  const entries = useMemo(
    () => timelineOf(observations.value?.value ?? [], deliveries.value ?? []),
    [observations.value, deliveries.value],
  );
  return (
    <>
      {subscription.threshold !== undefined && (
        <ValuesPanel key={route.id} threshold={subscription.threshold} route={route} observations={observations} />
      )}
      <Panel id="timeline" title="What happened" aside={subscription.threshold === undefined && <Days route={route} />}>
        {subscription.threshold === undefined && observations.value?.historyMissing !== undefined && (
          <Problem>{observations.value.historyMissing} Refreshes that fired nothing are not shown.</Problem>
        )}
        <LivePart live={deliveries} lines={6}>
          {() =>
            observations.value === undefined && observations.problem === undefined ? (
              <Empty>Loading…</Empty>
            ) : (
              <Timeline
                key={route.days}
                entries={entries}
                where={{ ...route, status: subscription.status }}
                onChange={onChange}
              />
            )
          }
        </LivePart>
      </Panel>
    </>
  );
}
