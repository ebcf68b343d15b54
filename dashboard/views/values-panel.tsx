import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';
import { ValueChart } from '../charts/value-chart.tsx';
import type { Live } from '../live/use-live.ts';
import { withThreshold } from '../live/tried-threshold.ts';
import { shownNumber } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';
import { Days } from './days.tsx';
import { ThresholdSlider } from './threshold-slider.tsx';

/** The operator API's response with the values of a subscription. */
export interface Observed {
  readonly threshold?: number;
  readonly displayName?: string;
  readonly value: readonly ObservationResponse[];
  readonly historyMissing?: string;
}

/**
 * The values of a subscription over time, with its threshold or another threshold that the operator
 * tries.
 */
export function ValuesPanel({
  threshold,
  route,
  observations,
}: {
  readonly threshold: number;
  readonly route: { readonly id: string; readonly days: number };
  readonly observations: Live<Observed>;
}): JSX.Element {
  const [pointed, setPointed] = useState<ObservationResponse>();
  const [tried, setTried] = useState(threshold);
  const own = observations.value?.value;
  const shown = useMemo(
    () => (own === undefined || tried === threshold ? (own ?? []) : withThreshold(own, tried)),
    [own, tried, threshold],
  );
  const crossings = shown.filter(({ outcome }) => outcome === 'crossed').length;
  return (
    <Panel id="values" title={observations.value?.displayName ?? 'Values'} aside={<Days route={route} />}>
      <LivePart live={observations} lines={6}>
        {({ historyMissing }) => (
          <>
            {historyMissing !== undefined && (
              <Problem>{historyMissing} Only the last value is shown: what happened before it is not known.</Problem>
            )}
            {shown.length === 0 ? (
              <Empty>There is no value of this time.</Empty>
            ) : (
              <>
                <p class="readout" aria-hidden="true">
                  {pointed ? (
                    <>
                      <Instant at={pointed.evaluatedAt} /> · {pointed.sentence}
                    </>
                  ) : (
                    <Legend threshold={threshold} tried={tried} />
                  )}
                </p>
                <ValueChart
                  observations={shown}
                  threshold={threshold}
                  tried={tried}
                  untilMs={observations.cameAtMs ?? 0}
                  label={
                    historyMissing === undefined
                      ? `${shown.length} values of the last ${route.days} days against the threshold ${shownNumber(tried)}, ${crossings} crossings. The list below says what each means.`
                      : `The last known value against the threshold ${shownNumber(threshold)}.`
                  }
                  onPoint={setPointed}
                />
                {historyMissing === undefined && (
                  <ThresholdSlider
                    observations={shown}
                    threshold={threshold}
                    tried={tried}
                    days={route.days}
                    onTry={setTried}
                  />
                )}
              </>
            )}
          </>
        )}
      </LivePart>
    </Panel>
  );
}

/** The legend of the chart. */
function Legend({ threshold, tried }: { readonly threshold: number; readonly tried: number }): JSX.Element {
  return (
    <>
      <span class="key line">threshold {shownNumber(threshold)}</span>
      {tried === threshold ? (
        <>
          <span class="key crossing">crossed, fired</span>
          <span class="key hollow">crossed, not owed</span>
        </>
      ) : (
        <>
          <span class="key line tried">tried {shownNumber(tried)}</span>
          <span class="key crossing tried">would have fired</span>
        </>
      )}
      <span class="key failure">evaluation failed</span>
    </>
  );
}
