import type { JSX } from 'preact';
import type { RecoveryResponse } from '../../shared/operations/operator-responses.ts';
import type { Answer, Page } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import { rowLink } from '../live/use-keys.ts';
import { useLive } from '../live/use-live.ts';
import { useOlder } from '../live/use-older.ts';
import { SLOW_MS } from '../live/use-changes.ts';
import { shownNumber } from '../live/wording.ts';
import { Badge } from '../parts/badge.tsx';
import { EventRange } from '../parts/event-range.tsx';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';

const TOP = 20;

/** The recoveries so far, newest first. */
export function Recoveries(): JSX.Element {
  const { api } = useOperator();
  const ask = (next?: string, signal?: AbortSignal) =>
    api.list<RecoveryResponse>('recoveries', { top: TOP, next }, signal);
  const first = useLive('recoveries', SLOW_MS, (signal) => ask(undefined, signal));
  return (
    <Panel id="recoveries" title="Recoveries so far">
      <LivePart live={first}>{(page) => <Pages first={page} ask={ask} />}</LivePart>
    </Panel>
  );
}

function Pages({
  first,
  ask,
}: {
  readonly first: Page<RecoveryResponse>;
  readonly ask: (next?: string) => Promise<Answer<Page<RecoveryResponse>>>;
}): JSX.Element {
  const { rows, hasMore, problem, askMore } = useOlder(first, ({ recoveryId }) => recoveryId, ask);
  if (rows.length === 0) return <Empty>There was no recovery yet.</Empty>;
  return (
    <>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Events</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">
              Sent again
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((recovery) => (
            <Row key={recovery.recoveryId} recovery={recovery} />
          ))}
        </tbody>
      </table>
      {problem !== undefined && <Problem>{problem}</Problem>}
      {hasMore && (
        <p class="paging">
          <button type="button" onClick={askMore}>
            Show older
          </button>
        </p>
      )}
    </>
  );
}

function Row({ recovery }: { readonly recovery: RecoveryResponse }): JSX.Element {
  const { recoveryId, status, startedAt, deliveries, sent } = recovery;
  return (
    <tr>
      <th scope="row">
        <a {...rowLink} href={hashOf({ view: 'recover', id: recoveryId })}>
          <Instant at={startedAt} />
        </a>
      </th>
      <td data-name="Events">
        <span>
          <EventRange {...recovery} />
        </span>
      </td>
      <td data-name="Status">
        {status === 'finished' ? <Badge tone="good">Finished</Badge> : <Badge tone="over">Running</Badge>}
      </td>
      <td data-name="Sent again" class="number">
        {shownNumber(sent)} of {shownNumber(deliveries)}
      </td>
    </tr>
  );
}
