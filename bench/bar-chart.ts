import { shown, type BarChart } from './benchmark.ts';
import { colour, drawing, text, WIDTH } from './drawing.ts';

const LABELS = 190;
const NUMBERS = 110;
const BAR = 18;
const GAP = 6;
const GROUP = 34;

export function drawBarChart({ title, unit, groups }: BarChart): string {
  const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const scale = (WIDTH - LABELS - NUMBERS) / most;
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const parts: string[] = [];
  let y = 44;
  for (const group of groups) {
    parts.push(text(12, y, group.name, 'group'));
    y += 14;
    for (const { name, value } of group.bars) {
      const width = Math.max(1, value * scale);
      parts.push(text(LABELS - 8, y + 13, name, 'name'));
      parts.push(
        `<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour(names.indexOf(name))}"/>`,
      );
      parts.push(text(LABELS + width + 6, y + 13, shown(value), 'number'));
      y += BAR + GAP;
    }
    y += GROUP - 14;
  }
  return drawing(`${title} (${unit})`, y - 8, parts);
}
