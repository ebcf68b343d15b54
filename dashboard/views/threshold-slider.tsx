import type { JSX } from 'preact';
import { useId, useMemo } from 'preact/hooks';
import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';
import { thresholdRange } from '../live/tried-threshold.ts';
import { shownNumber } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';

/** The most crossings that are listed. Further ones are shown only in the chart. */
const LISTED = 6;

/**
 * Shows when another threshold would have called the flow, for the values on the page. Nothing is
 * requested or stored.
 */
export function ThresholdSlider({
  observations,
  threshold,
  tried,
  days,
  onTry,
}: {
  /** Observations with outcomes for the threshold `tried`, newest first. */
  readonly observations: readonly ObservationResponse[];
  /** The threshold of the subscription. */
  readonly threshold: number;
  readonly tried: number;
  readonly days: number;
  readonly onTry: (threshold: number) => void;
}): JSX.Element {
  const id = useId();
  const range = useMemo(() => thresholdRange(observations, threshold), [observations, threshold]);
  const crossings = observations.filter(({ outcome }) => outcome === 'crossed');
  const isOwn = tried === threshold;
  return (
    <div class="try">
      <p class="slider">
        <label for={id}>Try a threshold</label>
        <input
          id={id}
          type="range"
          {...range}
          value={tried}
          aria-valuetext={shownNumber(tried)}
          onInput={({ currentTarget }) => onTry(currentTarget.valueAsNumber)}
        />
        <output for={id}>{shownNumber(tried)}</output>
        <button type="button" class="quiet small" disabled={isOwn} onClick={() => onTry(threshold)}>
          Back to {shownNumber(threshold)}
        </button>
      </p>
      <p role="status">
        {isOwn
          ? `Its own threshold, ${shownNumber(threshold)}, was crossed ${times(crossings.length)}`
          : `With ${shownNumber(tried)} it would have fired ${times(crossings.length)}`}{' '}
        in the last {days === 1 ? '24 hours' : `${days} days`}.
      </p>
      {!isOwn && (
        <ul aria-label={`When it would have fired with ${shownNumber(tried)}`}>
          {crossings.slice(0, LISTED).map(({ evaluatedAt, sentence }) => (
            <li key={evaluatedAt}>
              <Instant at={evaluatedAt} /> · {sentence}
            </li>
          ))}
          {crossings.length > LISTED && <li>and {crossings.length - LISTED} before</li>}
        </ul>
      )}
    </div>
  );
}

function times(count: number): string {
  return ['never', 'once', 'twice'][count] ?? `${count} times`;
}
