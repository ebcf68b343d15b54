import type { JSX } from 'preact';
import type { RecoveryResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import { useLive } from '../live/use-live.ts';
import { useTitle } from '../live/use-title.ts';
import { counted, shownNumber } from '../live/wording.ts';
import { Mark } from '../parts/badge.tsx';
import { EventRange } from '../parts/event-range.tsx';
import { Ago } from '../parts/instant.tsx';
import { LivePart } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';

/** The progress is read this often. One storage request each. */
const EVERY_MS = 2_000;

/**
 * The progress of a recovery. Its id is part of the URL, so the page shows it again after a reload.
 */
export function RecoveryProgress({ id }: { readonly id: string }): JSX.Element {
  const { api } = useOperator();
  useTitle('Recovery');
  const recovery = useLive(id, EVERY_MS, (signal) => api.get<RecoveryResponse>(`recoveries/${id}`, {}, signal));
  return (
    <>
      <h1>Recover</h1>
      <Panel id="recovery" title="Progress" aside={<a href={hashOf({ view: 'recover' })}>Recover another range</a>}>
        <LivePart live={recovery} lines={3}>
          {(value) => <Progress recovery={value} />}
        </LivePart>
      </Panel>
    </>
  );
}

function Progress({ recovery }: { readonly recovery: RecoveryResponse }): JSX.Element {
  const { status, startedAt, finishedAt, deliveries, subscriptions, sent, skipped } = recovery;
  const done = sent + skipped;
  // More may have become dead since they were counted.
  const all = Math.max(deliveries, done, 1);
  const isOver = status === 'finished';
  return (
    <div class="recover">
      <p>
        Events <EventRange {...recovery} {...endOf(recovery)} />
        {recovery.until === undefined && !isOver && ', until now'}
      </p>
      <progress aria-label="Deliveries sent again" value={isOver ? all : done} max={all} />
      <p role="status">
        {isOver && <Mark tone="good" />} {isOver && 'Finished. '}Sent again: {shownNumber(sent)} of{' '}
        {counted(deliveries, 'delivery', 'deliveries')} of {counted(subscriptions, 'subscription', 'subscriptions')}.
        {skipped > 0 && ` ${shownNumber(skipped)} did not need it or cannot be sent.`}
      </p>
      {isOver && (
        <p>
          How each ended is in Deliveries: <a href={deliveriesOf(recovery)}>show the deliveries of this range</a>.
        </p>
      )}
      <p class="faint">
        Started <Ago at={startedAt} />
        {finishedAt !== undefined && (
          <>
            , finished <Ago at={finishedAt} />
          </>
        )}
        .{!isOver && ' It goes on when this page is closed.'}
      </p>
    </div>
  );
}

/** A recovery without an end covers the events until it has finished. */
function endOf({ until, finishedAt }: RecoveryResponse): { readonly until?: string } {
  const end = until ?? finishedAt;
  return end === undefined ? {} : { until: end };
}

/** The code is left out, because a delivery that was sent again may have another one. */
function deliveriesOf(recovery: RecoveryResponse): string {
  const { since, instanceId, trigger } = recovery;
  const filter = { ...(instanceId && { instanceId }), ...(trigger && { trigger }) };
  return hashOf({ view: 'deliveries', status: 'any', days: 7, since, ...endOf(recovery), ...filter });
}
