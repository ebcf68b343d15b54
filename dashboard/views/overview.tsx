import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type {
  HourResponse,
  InstanceResponse,
  QueueResponse,
  SubscriptionResponse,
} from '../../shared/operations/operator-responses.ts';
import { concernsOf, type Concern } from '../live/attention.ts';
import { useOperator } from '../live/operator-context.ts';
import type { Answer, Page, Query } from '../live/operator-api.ts';
import { LIVE_MS, SLOW_MS, useChanges } from '../live/use-changes.ts';
import { rowLink } from '../live/use-keys.ts';
import { useLive, type Live } from '../live/use-live.ts';
import { useTitle } from '../live/use-title.ts';
import { useNow } from '../live/use-now.ts';
import { Mark } from '../parts/badge.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';
import { ActivityPanel } from './activity-panel.tsx';
import { FindFlow } from './find-flow.tsx';
import { InstancesPanel, TOP } from './instances-panel.tsx';
import { MakersPanel } from './makers-panel.tsx';
import { QueuesPanel } from './queues-panel.tsx';

type Listed<T> = { readonly value: readonly T[] };

const HOURS = 24;

/** The start page: problems that need attention first, then the state of the service. */
export function Overview(): JSX.Element {
  const { api } = useOperator();
  useTitle('Overview');
  const mark = useChanges({ polls: true });
  const instances = useLive<Page<InstanceResponse>>(
    'instances',
    SLOW_MS,
    (signal) => api.list<InstanceResponse>('instances', { top: TOP }, signal),
    mark,
  );
  const queues = useLive<Listed<QueueResponse>>('queues', LIVE_MS, (signal) => api.get('queues', {}, signal));
  const activity = useLive<Listed<HourResponse> & { readonly countedSince?: string; readonly more?: true }>(
    'activity',
    SLOW_MS,
    (signal) => api.get('activity', { hours: HOURS }, signal),
    mark,
  );
  const listSubscriptions = (filter: Query) => (signal: AbortSignal) => allOf(api, filter, signal);
  const failing = useLive('failing', SLOW_MS, listSubscriptions({ failing: 'true' }), mark);
  const disabled = useLive('disabled', SLOW_MS, listSubscriptions({ status: 'disabled' }), mark);
  const paused = useLive('paused', SLOW_MS, listSubscriptions({ status: 'paused' }), mark);
  const subscriptions = { failing, disabled, paused };
  return (
    <>
      <h1 class="unseen">Overview</h1>
      <Attention instances={instances} queues={queues} activity={activity} {...subscriptions} />
      <ActivityPanel activity={activity} />
      <FindFlow />
      <InstancesPanel instances={instances} />
      <QueuesPanel queues={queues} />
      <MakersPanel />
    </>
  );
}

/** The most pages that are read to find the subscriptions of one status. */
const MAX_PAGES = 5;

/** Reads several pages, because a page may be empty although there is a next one. */
async function allOf(
  api: ReturnType<typeof useOperator>['api'],
  filter: Query,
  signal: AbortSignal,
): Promise<Answer<Page<SubscriptionResponse>>> {
  const found: SubscriptionResponse[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const answer = await api.list<SubscriptionResponse>('subscriptions', { ...filter, top: 100, next }, signal);
    if (answer.kind !== 'answered') return answer;
    found.push(...answer.value.value);
    next = answer.value.next;
    if (next === undefined) break;
  }
  return { kind: 'answered', value: { value: found, next } };
}

/** The most problems that are listed. The others are only counted. */
const MAX_CONCERNS = 6;

function Attention({
  instances,
  queues,
  activity,
  failing,
  disabled,
  paused,
}: {
  readonly instances: Live<Listed<InstanceResponse>>;
  readonly queues: Live<Listed<QueueResponse>>;
  readonly activity: Live<Listed<HourResponse>>;
  readonly failing: Live<Listed<SubscriptionResponse>>;
  readonly disabled: Live<Listed<SubscriptionResponse>>;
  readonly paused: Live<Listed<SubscriptionResponse>>;
}): JSX.Element {
  const nowMs = useNow(LIVE_MS);
  const { instanceName } = useOperator();
  const concerns = useMemo(
    () =>
      concernsOf({
        nowMs,
        instances: instances.value?.value ?? [],
        queues: queues.value?.value ?? [],
        hours: activity.value?.value ?? [],
        failing: failing.value?.value ?? [],
        disabled: disabled.value?.value ?? [],
        paused: paused.value?.value ?? [],
        instanceName,
      }),
    [nowMs, instances.value, queues.value, activity.value, failing.value, disabled.value, paused.value, instanceName],
  );
  const parts = [instances, queues, activity, failing, disabled, paused];
  const unseen = parts.find(({ problem }) => problem !== undefined);
  const isKnown = parts.every(({ value }) => value !== undefined);
  return (
    <Panel id="attention" title="Needs attention">
      {unseen?.problem !== undefined && !isKnown && <Problem>{unseen.problem}</Problem>}
      {concerns.length > 0 ? (
        <ul class="concerns">
          {concerns.slice(0, MAX_CONCERNS).map((concern) => (
            <Row key={concern.id} concern={concern} />
          ))}
          {concerns.length > MAX_CONCERNS && <li class="more">and {concerns.length - MAX_CONCERNS} more like these</li>}
        </ul>
      ) : isKnown ? (
        <p class="note calm">
          <Mark tone="good" /> Nothing. Instances are polled, queues are worked on, no flow fails, and no delivery is
          dead.
        </p>
      ) : (
        unseen === undefined && (
          <LivePart
            live={{ value: undefined, problem: undefined, cameAtMs: undefined, refresh: () => undefined }}
            lines={2}
          >
            {() => <Empty>…</Empty>}
          </LivePart>
        )
      )}
    </Panel>
  );
}

function Row({ concern: { severity, what, why, href, mark } }: { readonly concern: Concern }): JSX.Element {
  return (
    <li>
      <Mark tone={mark ?? (severity === 'bad' ? 'bad' : 'parked')} />
      <div>
        {href === undefined ? (
          <strong>{what}</strong>
        ) : (
          <a {...rowLink} href={href}>
            {what}
          </a>
        )}
        <span class="why">{why}</span>
      </div>
    </li>
  );
}
