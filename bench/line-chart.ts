import { shown, type LineChart, type Point } from './benchmark.ts';
import { colour, drawing, text, WIDTH } from './drawing.ts';

const LEFT = 60;
const RIGHT = 20;
const PANEL = 110;
const ABOVE_PANEL = 36;
/** Leaves space above the highest line. */
const HEADROOM = 1.1;
const AXIS = '#8c959f';

export function drawLineChart({ title, countedFromMinute, panels }: LineChart): string {
  const minutes = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(({ minute }) => minute)));
  const last = Math.max(...minutes);
  const x = (minute: number): number => LEFT + (minute / last) * (WIDTH - LEFT - RIGHT);
  const parts: string[] = [];
  let top = 20;
  for (const { name, unit, lines } of panels) {
    top += ABOVE_PANEL;
    const bottom = top + PANEL;
    const most = Math.max(...lines.flatMap(({ points }) => points.map(({ value }) => value)));
    // A panel with only zeros needs a scale too.
    const scale = PANEL / (most * HEADROOM || 1);
    const at = ({ minute, value }: Point): string => `${x(minute).toFixed(1)},${(bottom - value * scale).toFixed(1)}`;
    parts.push(text(12, top - 12, `${name} (${unit})`, 'group'));
    if (lines.length > 1)
      lines.forEach(({ name: line }, index) => {
        const legend = LEFT + 160 + index * 130;
        parts.push(`<rect x="${legend}" y="${top - 21}" width="12" height="10" fill="${colour(index)}"/>`);
        parts.push(text(legend + 17, top - 12, line, 'line'));
      });
    parts.push(
      `<rect x="${LEFT}" y="${top}" width="${(x(countedFromMinute) - LEFT).toFixed(1)}" height="${PANEL}" fill="${AXIS}" fill-opacity="0.2"/>`,
      `<path d="M${LEFT} ${top}V${bottom}H${WIDTH - RIGHT}" fill="none" stroke="${AXIS}"/>`,
      text(LEFT - 8, bottom, '0', 'name'),
      text(LEFT - 8, Math.round(bottom - most * scale) + 4, shown(most), 'name'),
    );
    lines.forEach(({ points }, index) => {
      const corners = points.map(at).join(' ');
      parts.push(`<polyline points="${corners}" fill="none" stroke="${colour(index)}" stroke-width="1.5"/>`);
    });
    top = bottom;
  }
  for (let minute = 0; minute <= last; minute++) parts.push(text(x(minute), top + 18, String(minute), 'tick'));
  return drawing(`${title} (by minute)`, top + 28, parts);
}
