import type { JSX } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { ObservationAnswer } from '../../shared/operations/operator-answers.ts';
import { axisOf } from './axis.ts';
import { useChart, type Palette } from './use-chart.ts';

const HEIGHT = 232;
/** Of a mark, in pixels of the style sheet. */
const MARK = 6;

/** Values over time as steps, the thresholds as lines, crossings and failures as marks. The timeline says the same in words. */
export function ValueChart({
  observations,
  threshold,
  tried,
  untilMs,
  label,
  onPoint,
}: {
  /** Newest first, told for `tried`. */
  readonly observations: readonly ObservationAnswer[];
  /** Of the subscription. */
  readonly threshold: number;
  /** Another one, or the same. */
  readonly tried: number;
  /** The last value holds until here. */
  readonly untilMs: number;
  readonly label: string;
  /** The evaluation that is pointed at. */
  readonly onPoint: (observation: ObservationAnswer | undefined) => void;
}): JSX.Element {
  const points = useMemo(() => observations.toReversed(), [observations]);
  const latest = useRef({ points, threshold, tried });
  latest.current = { points, threshold, tried };
  // Another threshold tells the points anew, and so comes with data of its own.
  const data = useMemo(() => seriesOf(points, untilMs), [points, untilMs]);

  const place = useChart(`values ${threshold}`, HEIGHT, data, (palette) => ({
    padding: [14, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 9, fill: palette('value'), width: 0 } },
    scales: { x: { time: true }, y: { range: (_, min, max) => rangeOf(min, max, threshold) } },
    axes: [
      axisOf(palette, {
        size: 28,
        grid: { show: false },
        space: 76,
        values: (_, ticks, __, ___, step) => ticks.map((tick) => tickOf(tick, step)),
      }),
      axisOf(palette, { size: 62, space: 36, values: (_, ticks) => ticks.map((tick) => compact.format(tick)) }),
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
  return <div ref={place} class="chart" role="img" aria-label={label} />;
}

function seriesOf(points: readonly ObservationAnswer[], untilMs: number): uPlot.AlignedData {
  const times = points.map(({ evaluatedAt }) => Date.parse(evaluatedAt) / 1_000);
  // A failed evaluation keeps the value before it.
  const values = points.map(({ value, previousValue }) => value ?? previousValue ?? null);
  const last = values.at(-1);
  if (last === undefined) return [[], []];
  return [
    [...times, Math.max(untilMs / 1_000, times.at(-1) ?? 0)],
    [...values, last],
  ];
}

/** Values and threshold with some air around them. */
function rangeOf(min: number | null, max: number | null, threshold: number): [number, number] {
  const low = Math.min(min ?? threshold, threshold);
  const high = Math.max(max ?? threshold, threshold);
  const air = (high - low || Math.abs(high) || 1) * 0.12;
  return [low - air, high + air];
}

interface Told {
  readonly points: readonly ObservationAnswer[];
  readonly threshold: number;
  readonly tried: number;
}

function drawMarks(chart: uPlot, palette: Palette, { points, threshold, tried }: Told): void {
  const { ctx } = chart;
  const ratio = devicePixelRatio;
  ctx.save();
  const ground = palette('surface');
  drawThreshold(chart, palette('threshold'), ground, threshold);
  if (tried !== threshold) drawThreshold(chart, palette('tried'), ground, tried);
  const crossing = palette(tried === threshold ? 'threshold' : 'tried');
  for (const { evaluatedAt, value, previousValue, outcome, fires } of points) {
    const height = value ?? previousValue;
    if (height === undefined || (outcome !== 'crossed' && outcome !== 'failed')) continue;
    const x = chart.valToPos(Date.parse(evaluatedAt) / 1_000, 'x', true);
    const top = chart.valToPos(height, 'y', true);
    const mark = { x, y: top, size: MARK * ratio };
    if (outcome === 'failed') drawFailure(ctx, palette, { ...mark, size: (MARK - 2) * ratio });
    // Hollow when it fired nothing.
    else if (fires) drawCrossing(ctx, crossing, ground, mark);
    else drawCrossing(ctx, ground, crossing, mark);
  }
  ctx.restore();
}

/** A line, and its number in the place of the axis' own label, should there be one: in the picture it would hide values. */
function drawThreshold(chart: uPlot, colour: string, ground: string, threshold: number): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const y = Math.round(chart.valToPos(threshold, 'y', true));
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.4 * ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.font = `600 ${11 * ratio}px system-ui, sans-serif`;
  const text = compact.format(threshold);
  const right = bbox.left - 6 * ratio;
  const width = ctx.measureText(text).width;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = ground;
  ctx.fillRect(right - width - 4 * ratio, y - 9 * ratio, width + 8 * ratio, 18 * ratio);
  ctx.fillStyle = colour;
  ctx.fillText(text, right, y);
}

interface Mark {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** A triangle that points up. */
function drawCrossing(ctx: CanvasRenderingContext2D, fill: string, stroke: string, { x, y, size }: Mark): void {
  ctx.beginPath();
  ctx.moveTo(x, y - size);
  ctx.lineTo(x + size, y + size * 0.8);
  ctx.lineTo(x - size, y + size * 0.8);
  ctx.closePath();
  ctx.fillStyle = fill;
  ctx.strokeStyle = stroke;
  ctx.lineWidth = size / 4;
  ctx.fill();
  ctx.stroke();
}

function drawFailure(ctx: CanvasRenderingContext2D, palette: Palette, { x, y, size }: Mark): void {
  ctx.beginPath();
  ctx.moveTo(x - size, y - size);
  ctx.lineTo(x + size, y + size);
  ctx.moveTo(x + size, y - size);
  ctx.lineTo(x - size, y + size);
  ctx.strokeStyle = palette('bad');
  ctx.lineWidth = size / 2;
  ctx.stroke();
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 5 });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const HALF_DAY_SECONDS = 43_200;

function tickOf(seconds: number, step: number): string {
  const at = new Date(seconds * 1_000);
  return step > HALF_DAY_SECONDS || (at.getHours() === 0 && at.getMinutes() === 0) ? day.format(at) : time.format(at);
}
