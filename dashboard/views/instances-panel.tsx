import type { JSX } from 'preact';
import type { InstanceResponse } from '../../shared/operations/operator-responses.ts';
import type { Answer, Page } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import type { Live } from '../live/use-live.ts';
import { useOlder } from '../live/use-older.ts';
import { useNow } from '../live/use-now.ts';
import { shownNumber, shownSpan } from '../live/wording.ts';
import { Badge } from '../parts/badge.tsx';
import { Ago } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';

/** The instances of one page, as the overview loads the first. */
export const TOP = 100;

/** The instances that are polled. */
export function InstancesPanel({ instances }: { readonly instances: Live<Page<InstanceResponse>> }): JSX.Element {
  const { api } = useOperator();
  return (
    <Panel id="instances" title="Instances">
      <LivePart live={instances}>
        {(first) =>
          first.value.length === 0 ? (
            <Empty>No instance is polled, because there are no subscriptions yet.</Empty>
          ) : (
            <Pages first={first} ask={(next) => api.list<InstanceResponse>('instances', { top: TOP, next })} />
          )
        }
      </LivePart>
    </Panel>
  );
}

/** The first page, which is refreshed, and those that were loaded after it. */
function Pages({
  first,
  ask,
}: {
  readonly first: Page<InstanceResponse>;
  readonly ask: (next?: string) => Promise<Answer<Page<InstanceResponse>>>;
}): JSX.Element {
  const { rows, hasMore, problem, askMore } = useOlder(first, ({ instanceId }) => instanceId, ask);
  return (
    <>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Instance</th>
            <th scope="col">Last poll</th>
            <th scope="col">Lag</th>
            <th scope="col">Lists</th>
            <th scope="col">API calls</th>
            <th scope="col" class="number">
              Observed
            </th>
            <th scope="col" class="number">
              Open events
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((instance) => (
            <Row key={instance.instanceId} instance={instance} />
          ))}
        </tbody>
      </table>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {hasMore && (
        <p class="paging">
          <span>{rows.length} shown. Problems of the others are not listed above.</span>{' '}
          <button type="button" onClick={askMore}>
            Show more
          </button>
        </p>
      )}
    </>
  );
}

function Row({ instance }: { readonly instance: InstanceResponse }): JSX.Element {
  const { instanceName } = useOperator();
  const nowMs = useNow(5_000);
  const { instanceId, lastPolledAt, lastCompletePollAt, failing, observedCount, outboxEntryCount, calls } = instance;
  const name = instanceName(instanceId);
  return (
    <tr>
      <th scope="row">
        <a href={hashOf({ view: 'subscriptions', filter: { instanceId } })}>{name}</a>
        {name !== instanceId && <span class="id">{instanceId}</span>}
      </th>
      <td data-name="Last poll">{lastPolledAt === undefined ? 'not yet' : <Ago at={lastPolledAt} />}</td>
      <td data-name="Lag" title="Since the last poll in which every list gave an answer">
        {lastCompletePollAt === undefined ? '—' : shownSpan(nowMs - Date.parse(lastCompletePollAt))}
      </td>
      <td data-name="Lists">
        {failing.length === 0 ? (
          <Badge tone="good">all answer</Badge>
        ) : (
          <Badge tone="bad">{failing.map(({ list }) => list).join(', ')} unreadable</Badge>
        )}
      </td>
      <td data-name="API calls">{calls === undefined ? 'no limit' : <Calls {...calls} />}</td>
      <td data-name="Observed" class="number">
        {shownNumber(observedCount)}
      </td>
      <td data-name="Open events" class={outboxEntryCount === 0 ? 'number zero' : 'number'}>
        {shownNumber(outboxEntryCount)}
      </td>
    </tr>
  );
}

/** The used part of the call limit, as a bar and in numbers. */
function Calls({ used, limit, windowSeconds }: NonNullable<InstanceResponse['calls']>): JSX.Element {
  return (
    <span class="calls" title={`in the last ${windowSeconds} seconds`}>
      <meter min={0} max={limit} high={limit * 0.7} value={used} aria-label="Calls to Customer Insights" />
      {used} of {limit}
    </span>
  );
}
