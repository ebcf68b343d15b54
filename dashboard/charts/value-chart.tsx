import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';
import { formatIn } from '../live/zone.ts';
import { axisOf } from './axis.ts';
import { useChart } from './use-chart.ts';
import { drawMarks, shownShort } from './value-marks.ts';
import { valueRange } from './value-range.ts';

const HEIGHT = 232;

/**
 * Values over time as steps, thresholds as lines, crossings and failures as marks. The timeline
 * shows the same in words.
 */
export function ValueChart({
  observations,
  threshold,
  tried,
  untilMs,
  label,
  onPoint,
}: {
  /** Observations with outcomes for the threshold `tried`, newest first. */
  readonly observations: readonly ObservationResponse[];
  /** The threshold of the subscription. */
  readonly threshold: number;
  /** The threshold that is tried. It may be the same. */
  readonly tried: number;
  /** The end of the chart, up to which the last value is drawn. */
  readonly untilMs: number;
  readonly label: string;
  /** Called with the evaluation under the pointer, or with `undefined`. */
  readonly onPoint: (observation: ObservationResponse | undefined) => void;
}): JSX.Element {
  const points = useMemo(() => observations.toReversed(), [observations]);
  const latest = useRef({ points, threshold, tried });
  latest.current = { points, threshold, tried };
  // Another threshold changes the outcomes, so the data changes too.
  const data = useMemo(() => seriesOf(points, untilMs), [points, untilMs]);

  const container = useChart(`values ${threshold}`, HEIGHT, data, (palette) => ({
    padding: [14, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 9, fill: palette('value'), width: 0 } },
    scales: { x: { time: true }, y: { range: (_, min, max) => valueRange(min, max, latest.current) } },
    axes: [
      axisOf(palette, {
        size: 28,
        grid: { show: false },
        space: 76,
        values: (_, ticks, __, ___, step) => ticks.map((tick) => tickOf(tick, step)),
      }),
      axisOf(palette, { size: 62, space: 36, values: (_, ticks) => ticks.map((tick) => shownShort(tick)) }),
    ],
    series: [
      {},
      {
        stroke: palette('value'),
        width: 1.6,
        fill: palette('value-soft'),
        ...(uPlot.paths.stepped && { paths: uPlot.paths.stepped({ align: 1 }) }),
        points: { show: false },
      },
    ],
    hooks: {
      draw: [(chart) => drawMarks(chart, palette, latest.current)],
      setCursor: [({ cursor: { idx, left = -1 } }) => onPoint(left < 0 ? undefined : latest.current.points[idx ?? -1])],
    },
  }));
  return <div ref={container} class="chart" role="img" aria-label={label} />;
}

function seriesOf(points: readonly ObservationResponse[], untilMs: number): uPlot.AlignedData {
  const times = points.map(({ evaluatedAt }) => Date.parse(evaluatedAt) / 1_000);
  // A failed evaluation keeps the previous value.
  const values = points.map(({ value, previousValue }) => value ?? previousValue ?? null);
  const last = values.at(-1);
  if (last === undefined) return [[], []];
  return [
    [...times, Math.max(untilMs / 1_000, times.at(-1) ?? 0)],
    [...values, last],
  ];
}

const HALF_DAY_SECONDS = 43_200;

function tickOf(seconds: number, step: number): string {
  const at = new Date(seconds * 1_000);
  const time = formatIn(at, { hour: '2-digit', minute: '2-digit' });
  return step > HALF_DAY_SECONDS || time === '00:00' ? formatIn(at, { day: 'numeric', month: 'short' }) : time;
}
