import type { Picture } from './png.ts';

/**
 * The background of the icon and `iconBrandColor`, which have to be equal. Neither white nor the default blue #007ee5
 * (learn.microsoft.com/connectors/custom-connectors/certification-submission).
 */
export const BRAND_COLOR = '#0f5f6b';
/** Side lengths in pixels of the square and of the mark in its centre, from the same page. */
const SIDE = 230;
const MARK = 160;
const MARGIN = (SIDE - MARK) / 2;
/** Each pixel is the mean of a grid of samples with this side length, which smooths edges. */
const SAMPLES = 4;

type Rgb = readonly [number, number, number];
type Point = readonly [x: number, y: number];
/** Whether a point of the mark's square, 0 to 1 from the upper left, belongs to a shape. */
type Shape = (point: Point) => boolean;

const BACKGROUND = rgbOf(BRAND_COLOR);
const WHITE: Rgb = [255, 255, 255];
const SIGNAL: Rgb = [255, 196, 61];

/** The shapes: a value that rises through a dashed threshold, and a signal at the crossing. Later shapes cover earlier ones. */
const CROSSING: Point = [0.56, 0.46];
const shapes: readonly (readonly [Shape, Rgb])[] = [
  ...[0.04, 0.27, 0.74, 0.91].map((x) => [line(0.025, [x, 0.46], [x + 0.05, 0.46]), WHITE] as const),
  [line(0.05, [0.06, 0.92], [0.26, 0.7], [0.38, 0.78], CROSSING, [0.94, 0.08]), WHITE],
  [disc(CROSSING, 0.15), BACKGROUND],
  [disc(CROSSING, 0.105), SIGNAL],
];

/** Draws the connector's icon. */
export function drawIcon(): Picture {
  const rgb = Buffer.alloc(SIDE * SIDE * 3, Buffer.from(BACKGROUND));
  for (let y = 0; y < MARK; y++) {
    for (let x = 0; x < MARK; x++) rgb.set(pixelAt(x, y), ((y + MARGIN) * SIDE + x + MARGIN) * 3);
  }
  return { width: SIDE, height: SIDE, rgb };
}

/** The colour of a pixel of the mark. */
function pixelAt(x: number, y: number): Rgb {
  const sum = [0, 0, 0] as [number, number, number];
  for (let across = 0.5; across < SAMPLES; across++) {
    for (let down = 0.5; down < SAMPLES; down++) {
      const point: Point = [(x + across / SAMPLES) / MARK, (y + down / SAMPLES) / MARK];
      const [red, green, blue] = shapes.findLast(([shape]) => shape(point))?.[1] ?? BACKGROUND;
      sum[0] += red;
      sum[1] += green;
      sum[2] += blue;
    }
  }
  const [red, green, blue] = sum;
  const mean = (channel: number): number => Math.round(channel / SAMPLES ** 2);
  return [mean(red), mean(green), mean(blue)];
}

/** Red, green and blue of `#rrggbb`. */
export function rgbOf(color: string): Rgb {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function disc([centreX, centreY]: Point, radius: number): Shape {
  return ([x, y]) => (x - centreX) ** 2 + (y - centreY) ** 2 <= radius ** 2;
}

/** A line through points with round ends and corners. Its width is twice the radius. */
function line(radius: number, ...points: readonly Point[]): Shape {
  const parts = points.slice(1).map((to, at) => [points[at] ?? to, to] as const);
  return (point) => parts.some(([from, to]) => squaredDistance(point, from, to) <= radius ** 2);
}

/** The squared distance of a point from the line between two others. */
function squaredDistance([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const part = ((x - fromX) * alongX + (y - fromY) * alongY) / (alongX ** 2 + alongY ** 2);
  // `Math.min` and `Math.max` are avoided, because this function is called two million times.
  const nearest = part < 0 ? 0 : part > 1 ? 1 : part;
  return (x - fromX - nearest * alongX) ** 2 + (y - fromY - nearest * alongY) ** 2;
}
