import type { JSX } from 'preact';
import type { RecoveryResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import { useLive } from '../live/use-live.ts';
import { useTitle } from '../live/use-title.ts';
import { counted, shownNumber, triggerNames } from '../live/wording.ts';
import { Mark } from '../parts/badge.tsx';
import { Ago, Instant } from '../parts/instant.tsx';
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
  const { instanceName } = useOperator();
  const { status, since, until, instanceId, trigger, code, startedAt, finishedAt } = recovery;
  const { deliveries, subscriptions, sent, skipped } = recovery;
  const done = sent + skipped;
  // More may have become dead since they were counted.
  const all = Math.max(deliveries, done, 1);
  const which = [instanceId && instanceName(instanceId), trigger && triggerNames[trigger], code].filter(Boolean);
  return (
    <div class="recover">
      <p>
        Events since <Instant at={since} />{' '}
        {until === undefined ? (
          'until now'
        ) : (
          <>
            until <Instant at={until} />
          </>
        )}
        {which.length > 0 && <>: {which.join(', ')}</>}
      </p>
      <progress aria-label="Deliveries sent again" value={status === 'finished' ? all : done} max={all} />
      <p role="status">
        {status === 'finished' && <Mark tone="good" />} {shownNumber(sent)} of{' '}
        {counted(deliveries, 'delivery', 'deliveries')} of {counted(subscriptions, 'subscription', 'subscriptions')}{' '}
        {sent === 1 ? 'is' : 'are'} on the way again
        {skipped > 0 && `, ${shownNumber(skipped)} did not need it or cannot be sent`}.{' '}
        {status === 'finished' && 'Finished.'}
      </p>
      <p class="faint">
        Started <Ago at={startedAt} />
        {finishedAt !== undefined && (
          <>
            , finished <Ago at={finishedAt} />
          </>
        )}
        . It goes on when this page is closed.
      </p>
    </div>
  );
}
