import type { JSX } from 'preact';
import type {
  AttemptResponse,
  DeliveryResponse,
  SubscriptionResponse,
} from '../../shared/operations/operator-responses.ts';
import { shownDuration } from '../live/wording.ts';
import { Mark } from '../parts/badge.tsx';
import { Ago, ClockTime, dayOf, Instant } from '../parts/instant.tsx';

/** Every attempt of a delivery, and the time when the next one is due. */
export function Attempts({
  delivery,
  subscriptionStatus,
}: {
  readonly delivery: Pick<DeliveryResponse, 'attempts' | 'nextAttemptAt' | 'occurredAt' | 'status'>;
  /** Absent while it is not known. */
  readonly subscriptionStatus: SubscriptionResponse['status'] | undefined;
}): JSX.Element | null {
  const { attempts = [], nextAttemptAt, occurredAt } = delivery;
  if (attempts.length === 0 && nextAttemptAt === undefined) return null;
  return (
    <ol class="attempts" aria-label="Attempts">
      {attempts.map((attempt) => (
        <Attempt key={attempt.number} attempt={attempt} isOtherDay={dayOf(attempt.at) !== dayOf(occurredAt)} />
      ))}
      {nextAttemptAt !== undefined && (
        <li class="next">
          <Next at={nextAttemptAt} isRetry={delivery.status === 'retrying'} subscriptionStatus={subscriptionStatus} />
        </li>
      )}
    </ol>
  );
}

/** What happens when the next attempt is due. A retry of a flow that is not called is parked. */
function Next({
  at,
  isRetry,
  subscriptionStatus,
}: {
  readonly at: string;
  readonly isRetry: boolean;
  readonly subscriptionStatus: SubscriptionResponse['status'] | undefined;
}): JSX.Element {
  const isDue = Date.parse(at) <= Date.now();
  const isHeld = subscriptionStatus === 'disabled' || subscriptionStatus === 'paused';
  if (isRetry && isHeld && !isDue) {
    return (
      <>
        {subscriptionStatus === 'disabled' ? 'parked' : 'parked, or sent as a probe,'} instead of the attempt planned
        for <Instant at={at} />
      </>
    );
  }
  return (
    <>
      {isDue ? 'next attempt due since ' : 'next attempt '}
      <Ago at={at} />
    </>
  );
}

function Attempt({
  attempt,
  isOtherDay,
}: {
  readonly attempt: AttemptResponse;
  readonly isOtherDay: boolean;
}): JSX.Element {
  const { number, at, durationMs, status, code, runId, runUrl, calledId } = attempt;
  return (
    <li>
      <span class="number">{number}</span>
      <Mark tone={code === 'delivered' ? 'good' : 'bad'} />
      <span class="when">
        {isOtherDay && `${dayOf(at)}, `}
        <ClockTime at={at} seconds />
      </span>
      <span>
        {status === undefined ? code : code.startsWith('http-') ? `HTTP ${status}` : `HTTP ${status}, ${code}`}
      </span>
      <span class="faint">{shownDuration(durationMs)}</span>
      {calledId !== undefined && <span class="faint">at its successor</span>}
      {runId !== undefined && runUrl === undefined && <span class="faint run">run {runId}</span>}
      {runUrl !== undefined && (
        <a class="run" href={runUrl} target="_blank" rel="noreferrer">
          run {runId}
        </a>
      )}
    </li>
  );
}
