import type uPlot from 'uplot';
import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';
import type { Palette } from './use-chart.ts';

/** The size of a mark in CSS pixels. */
const MARK = 6;

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 5 });

/** A number as an axis shows it, such as `1.3M`. */
export function shownShort(value: number): string {
  return compact.format(value);
}

/** The inputs of the marks: observations with outcomes for the threshold `tried`, oldest first. */
export interface ValueSeries {
  readonly points: readonly ObservationResponse[];
  readonly threshold: number;
  readonly tried: number;
}

/** Draws the threshold of the subscription, the tried threshold if it differs, and the outcomes. */
export function drawMarks(chart: uPlot, palette: Palette, { points, threshold, tried }: ValueSeries): void {
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
    // The mark is hollow if the evaluation fired nothing.
    else if (fires) drawCrossing(ctx, crossing, ground, mark);
    else drawCrossing(ctx, ground, crossing, mark);
  }
  ctx.restore();
}

/**
 * Draws a line and its number. The number replaces the label of the axis, because within the chart
 * it would hide values.
 */
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
  const text = shownShort(threshold);
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

/** Draws a triangle that points up. */
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
