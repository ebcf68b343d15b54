import { expect, test } from '@jest/globals';
import type { LineChart, Point } from '../../bench/benchmark.ts';
import { drawLineChart } from '../../bench/line-chart.ts';

const points = (...values: number[]): Point[] => values.map((value, minute) => ({ minute, value }));

const chart: LineChart = {
  title: 'Up & <down>',
  countedFromMinute: 1,
  panels: [
    { name: 'memory', unit: 'MB', lines: [{ name: 'resident', points: points(50, 100, 0) }] },
    {
      name: 'age',
      unit: 's',
      lines: [
        { name: 'polls', points: points(0, 0, 0) },
        { name: 'retries', points: points(0, 0, 0) },
      ],
    },
  ],
};

/** The corners of each line, as [x, y]. */
function corners(svg: string): number[][][] {
  return [...svg.matchAll(/<polyline points="([^"]*)"/g)].map(([, list = '']) =>
    list.split(' ').map((corner) => corner.split(',').map(Number)),
  );
}

test('a line goes through its points: time to the right, values from 0 at the bottom up to the most', () => {
  const [[begin, most, end] = []] = corners(drawLineChart(chart));
  const [left = NaN, middleY = NaN] = begin ?? [];
  const [, topY = NaN] = most ?? [];
  const [right = NaN, bottomY = NaN] = end ?? [];
  expect(most?.[0]).toBeCloseTo((left + right) / 2, 0);
  expect(middleY).toBeCloseTo((topY + bottomY) / 2, 0);
  expect(topY).toBeLessThan(bottomY);
});

test('panels lie below each other, each with its own scale and, for several lines, a legend in their colours', () => {
  const svg = drawLineChart(chart);
  const [[, [, top = NaN] = []] = [], flat = []] = corners(svg);
  // Zeros lie on the axis of the second panel, below all of the first.
  expect(new Set(flat.map(([, y]) => y)).size).toBe(1);
  expect(flat[0]?.[1]).toBeGreaterThan(top);
  expect(svg).toContain('>memory (MB)</text>');
  expect(svg).toContain('>retries</text>');
  expect(svg).not.toContain('>resident</text>');
  const strokes = [...svg.matchAll(/<polyline .* stroke="([^"]+)"/g)].map(([, stroke]) => stroke);
  expect(strokes).toEqual(['#0072b2', '#0072b2', '#e69f00']);
});

test('the part that is not counted is shaded, from the left to its minute', () => {
  const svg = drawLineChart(chart);
  const [[[left = NaN] = [], [counted = NaN] = []] = []] = corners(svg);
  const shades = [...svg.matchAll(/<rect x="(\d+)" y="\d+" width="([\d.]+)" height="\d+" fill="[^"]+" fill-opacity/g)];
  expect(shades.map(([, x, width]) => [Number(x), Number(width)])).toEqual([
    [left, counted - left],
    [left, counted - left],
  ]);
});

test('it is read out by its title, which is no markup, and follows light and dark', () => {
  const svg = drawLineChart(chart);
  expect(svg).toContain('role="img"');
  expect(svg).toContain('<title>Up &amp; &lt;down> (by minute)</title>');
  expect(svg).toContain('prefers-color-scheme: dark');
});
