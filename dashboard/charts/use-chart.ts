import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

/** The colours of the style sheet, for drawing on a canvas. */
export type Palette = (name: string) => string;

type Making = (palette: Palette) => Omit<uPlot.Options, 'width' | 'height'>;

const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * Draws a chart into the element that receives the returned ref, in the width of the element. A
 * change of `key` or of the colour scheme creates the chart again. New data with the same `key`
 * updates the chart without a flicker.
 */
export function useChart(
  key: string,
  height: number,
  data: uPlot.AlignedData,
  make: Making,
): RefObject<HTMLDivElement | null> {
  const container = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const width = (): number => Math.max(200, element.clientWidth);
    const draw = (): void => {
      chart.current?.destroy();
      const styles = getComputedStyle(element);
      const palette: Palette = (name) => styles.getPropertyValue(`--${name}`).trim();
      chart.current = new uPlot({ ...make(palette), width: width(), height }, latest.current, element);
    };
    draw();
    dark.addEventListener('change', draw);
    const resized = new ResizeObserver(() => {
      if (chart.current && chart.current.width !== width()) chart.current.setSize({ width: width(), height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [key, height]);

  useEffect(() => chart.current?.setData(data), [data]);
  return container;
}
