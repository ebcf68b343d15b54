import { shown, type BarChart } from './benchmark.ts';

const WIDTH = 760;
const LABELS = 190;
const NUMBERS = 110;
const BAR = 18;
const GAP = 6;
const GROUP = 34;
/** Told apart in light and dark, and by people who see red and green alike (Okabe and Ito). */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7'];

/** The chart as a picture that follows the reader's choice of light or dark. */
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
      const colour = COLOURS[names.indexOf(name) % COLOURS.length] ?? '';
      parts.push(text(LABELS - 8, y + 13, name, 'name'));
      parts.push(`<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour}"/>`);
      parts.push(text(LABELS + width + 6, y + 13, shown(value), 'number'));
      y += BAR + GAP;
    }
    y += GROUP - 14;
  }
  const height = y - 8;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escaped(`${title}, ${unit}`)}</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; } .group { font-style: italic; } .name { text-anchor: end; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }
</style>
${text(12, 20, `${title} (${unit})`, 'title')}
${parts.join('\n')}
</svg>
`;
}

function text(x: number, y: number, content: string, style: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" class="${style}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
