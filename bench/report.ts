import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import * as prettier from 'prettier';
import { drawBarChart } from './bar-chart.ts';
import type { Section, Table } from './benchmark.ts';
import { drawLineChart } from './line-chart.ts';

const DEFAULT_DOCUMENT = 'docs/performance.md';

/** Describes the machine, because the numbers depend on it. */
export async function describeMachine(): Promise<string> {
  const [processor] = cpus();
  const azurite = JSON.parse(await readFile('node_modules/azurite/package.json', 'utf8')) as { version: string };
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return [
    `${cpus().length} × ${processor?.model.trim() ?? 'unknown processor'}`,
    `${memoryGiB} GiB`,
    `${type()} ${release()}`,
    `Node ${process.version}`,
    `Azurite ${azurite.version} in memory`,
  ].join(', ');
}

/** Renders a section as Markdown, without its heading. */
export function renderSection({ text, targets, tables }: Section): string {
  const targetTable: Table = {
    columns: ['what', 'target', 'measured', ''],
    rows: targets.map(({ what, target, measured, met }) => [what, target, measured, met ? 'met' : '**missed**']),
  };
  return [text, ...(targets.length > 0 ? [targetTable] : []), ...tables]
    .map((part) => (typeof part === 'string' ? part : renderTable(part)))
    .join('\n\n');
}

function renderTable({ columns, rows }: Table): string {
  return [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Replaces the section of this name in its document and writes its chart next to the document. */
export async function writeSection(name: string, section: Section, machine: string): Promise<void> {
  const measured = `\`npm run bench -- ${name} --write\`, ${new Date().toISOString().slice(0, 10)}: ${machine}.`;
  const picture = section.lines ? drawLineChart(section.lines) : section.chart && drawBarChart(section.chart);
  const title = (section.lines ?? section.chart)?.title;
  const shownAs = title === undefined ? '' : `![${title}](performance-${name}.svg)`;
  const content = [`## ${section.title}`, measured, shownAs, renderSection(section)].join('\n\n');
  const begin = `<!-- begin ${name} -->`;
  const end = `<!-- end ${name} -->`;
  const document = section.document ?? DEFAULT_DOCUMENT;
  const before = await readFile(document, 'utf8');
  const [head, rest] = split(before, begin);
  const [, tail] = split(rest, end);
  const after = `${head}${begin}\n\n${content}\n\n${end}${tail}`;
  const style = await prettier.resolveConfig(document);
  await writeFile(document, await prettier.format(after, { ...style, parser: 'markdown' }));
  if (picture !== undefined) await writeFile(`docs/performance-${name}.svg`, picture);
}

function split(text: string, mark: string): [string, string] {
  const index = text.indexOf(mark);
  if (index < 0) throw new Error(`The document has no ${mark}`);
  return [text.slice(0, index), text.slice(index + mark.length)];
}
