import type { JSX } from 'preact';
import type { AttemptResponse, DeliveryResponse } from '../../shared/operations/operator-responses.ts';
import { shownDuration } from '../live/wording.ts';
import { Mark } from '../parts/badge.tsx';
import { Ago, ClockTime, dayOf } from '../parts/instant.tsx';

/** Every attempt of a delivery, and the time when the next one is due. */
export function Attempts({
  delivery,
}: {
  readonly delivery: Pick<DeliveryResponse, 'attempts' | 'nextAttemptAt' | 'occurredAt'>;
}): JSX.Element | null {
  const { attempts = [], nextAttemptAt, occurredAt } = delivery;
  const isDue = nextAttemptAt !== undefined && Date.parse(nextAttemptAt) <= Date.now();
  if (attempts.length === 0 && nextAttemptAt === undefined) return null;
  return (
    <ol class="attempts" aria-label="Attempts">
      {attempts.map((attempt) => (
        <Attempt key={attempt.number} attempt={attempt} isOtherDay={dayOf(attempt.at) !== dayOf(occurredAt)} />
      ))}
      {nextAttemptAt !== undefined && (
        <li class="next">
          {isDue ? 'next attempt due since ' : 'next attempt '}
          <Ago at={nextAttemptAt} />
        </li>
      )}
    </ol>
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
