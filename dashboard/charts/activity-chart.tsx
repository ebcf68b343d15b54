import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { HourResponse } from '../../shared/operations/operator-responses.ts';
import { formatIn } from '../live/zone.ts';
import { axisOf } from './axis.ts';
import { useChart } from './use-chart.ts';

/** The statuses of a bar from bottom to top, with their colours. */
const stack = [
  ['delivered', 'delivered'],
  ['retrying', 'busy'],
  ['parked', 'parked'],
  ['ended', 'over'],
  ['dead', 'bad'],
] as const;

const HEIGHT = 160;
/**
 * The axis ends at the end of the last hour, because a bar covers the whole hour that it counts.
 */
const HOUR_SECONDS = 3_600;

/**
 * Deliveries by hour as stacked bars. The table beside it has the same numbers for readers who
 * cannot see the bars.
 */
export function ActivityChart({
  hours,
  label,
  onHour,
}: {
  readonly hours: readonly HourResponse[];
  readonly label: string;
  /** Called with the hour under the pointer, or with `undefined`. */
  readonly onHour: (hour: HourResponse | undefined) => void;
}): JSX.Element {
  const data = useMemo(() => stacked(hours), [hours]);
  const [seen] = useState<{ hours: readonly HourResponse[] }>({ hours });
  seen.hours = hours;
  const container = useChart('activity', HEIGHT, data, (palette) => ({
    padding: [8, 26, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { show: false },
      // Selects the bar under the pointer. uPlot would select the bar that begins nearest.
      dataIdx: (chart, _, __, atSeconds) =>
        Math.max(
          0,
          chart.data[0].findLastIndex((hour) => hour <= atSeconds),
        ),
    },
    scales: {
      x: { time: true, range: (_, min, max) => [min, max + HOUR_SECONDS] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.08)] },
    },
    axes: [
      axisOf(palette, { size: 28, grid: { show: false }, space: 56, values: (_, ticks) => ticks.map(hourOf) }),
      axisOf(palette, {
        size: 44,
        space: 34,
        values: (_, ticks) => ticks.map((tick) => (tick % 1 === 0 ? short(tick) : '')),
      }),
    ],
    series: [
      {},
      ...stack.toReversed().map(([status, tone]) => ({
        label: status,
        fill: palette(tone),
        stroke: palette('surface'),
        width: 1,
        paths: uPlot.paths.bars?.({ size: [0.72, 34], align: 1, radius: 0 }),
        points: { show: false },
      })),
    ] as uPlot.Series[],
    hooks: {
      setCursor: [({ cursor: { idx, left = -1 } }) => onHour(left < 0 ? undefined : seen.hours[idx ?? -1])],
    },
  }));
  return <div ref={container} class="chart" role="img" aria-label={label} />;
}

/**
 * The minimum height of a part, as a fraction of the tallest bar, so that one dead delivery among
 * thousands is visible.
 */
const LEAST_SEEN = 0.03;

/** uPlot draws each series from zero, so the tallest series comes first and the others cover it. */
function stacked(hours: readonly HourResponse[]): uPlot.AlignedData {
  const times = hours.map(({ hour }) => Date.parse(hour) / 1_000);
  const tallest = Math.max(...hours.map((hour) => stack.reduce((sum, [status]) => sum + hour[status], 0)));
  const heightOf = (count: number): number => (count === 0 ? 0 : Math.max(count, tallest * LEAST_SEEN));
  let below = hours.map(() => 0);
  const sums = stack.map(
    ([status]) => (below = below.map((sum, index) => sum + heightOf(hours[index]?.[status] ?? 0))),
  );
  return [times, ...sums.toReversed()];
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

function hourOf(seconds: number): string {
  return formatIn(new Date(seconds * 1_000), { hour: '2-digit', minute: '2-digit' });
}

function short(value: number): string {
  return compact.format(value);
}
