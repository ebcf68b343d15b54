export const WIDTH = 760;
/**
 * Distinguishable in light and dark mode and for people with red-green colour blindness (Okabe and
 * Ito).
 */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7'];

export function colour(index: number): string {
  return COLOURS[index % COLOURS.length] ?? '';
}

/**
 * An SVG picture for light and dark mode. The title is at the top and is also its accessible name.
 */
export function drawing(title: string, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>${escaped(title)}</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; } .group { font-style: italic; } .name { text-anchor: end; } .tick { text-anchor: middle; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } }
</style>
${text(12, 20, title, 'title')}
${parts.join('\n')}
</svg>
`;
}

export function text(x: number, y: number, content: string, style: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" class="${style}">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
