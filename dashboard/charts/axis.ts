import type uPlot from 'uplot';
import type { Palette } from './use-chart.ts';

/** Axes with small labels, a fine grid and no ticks. */
export function axisOf(palette: Palette, more: uPlot.Axis): uPlot.Axis {
  return {
    stroke: palette('text-faint'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: palette('line-faint'), width: 1 },
    ticks: { show: false },
    border: { show: false },
    gap: 6,
    ...more,
  };
}
