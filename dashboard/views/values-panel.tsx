import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ObservationAnswer } from '../../shared/operations/operator-answers.ts';
import { ValueChart } from '../charts/value-chart.tsx';
import type { Live } from '../live/use-live.ts';
import { shownNumber } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';
import { Days } from './days.tsx';

/** What the operator API tells of the values of a subscription. */
export interface Observed {
  readonly threshold?: number;
  readonly displayName?: string;
  readonly value: readonly ObservationAnswer[];
  readonly historyMissing?: string;
}

/** The values of a subscription over time, against its threshold. */
export function ValuesPanel({
  threshold,
  place,
  observations,
}: {
  readonly threshold: number;
  readonly place: { readonly id: string; readonly days: number };
  readonly observations: Live<Observed>;
}): JSX.Element {
  const [pointed, setPointed] = useState<ObservationAnswer>();
  return (
    <Panel id="values" title={observations.value?.displayName ?? 'Values'} aside={<Days place={place} />}>
      <LivePart live={observations} lines={6}>
        {({ value, historyMissing }) => {
          const crossings = value.filter(({ outcome }) => outcome === 'crossed').length;
          return (
            <>
              {historyMissing !== undefined && <Problem>{historyMissing} Only the last value is shown.</Problem>}
              {value.length === 0 ? (
                <Empty>There is no value of this time.</Empty>
              ) : (
                <>
                  <p class="readout" aria-hidden="true">
                    {pointed ? (
                      <>
                        <Instant at={pointed.evaluatedAt} /> · {pointed.sentence}
                      </>
                    ) : (
                      <>
                        <span class="key line">threshold {shownNumber(threshold)}</span>
                        <span class="key crossing">crossed, fired</span>
                        <span class="key hollow">crossed, not owed</span>
                        <span class="key failure">evaluation failed</span>
                      </>
                    )}
                  </p>
                  <ValueChart
                    observations={value}
                    threshold={threshold}
                    untilMs={observations.cameAtMs ?? 0}
                    label={`${value.length} values of the last ${place.days} days against the threshold ${shownNumber(threshold)}, ${crossings} crossings. The list below says what each means.`}
                    onPoint={setPointed}
                  />
                </>
              )}
            </>
          );
        }}
      </LivePart>
    </Panel>
  );
}
