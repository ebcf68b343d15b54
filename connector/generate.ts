import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readCommandLine } from '../scripts/command-line.ts';
import { connectorOf, generatedFiles } from './generated-files.ts';
import { lint } from './lint/lint.ts';
import { breaksIn, stabilityOf, type Stability } from './stability.ts';

const usage = `npm run connector -- [--check]

Writes the connector's files. Writes nothing, and exits with 1, when the definition breaks a rule of the platform or flows that are in use.

  --check   only says which files are out of date`;
const { values } = readCommandLine(usage, { check: { type: 'boolean', default: false } });
const folder = import.meta.dirname;

async function readIfThere(name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path.join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const { version } = JSON.parse(await readFile(path.join(folder, '../package.json'), 'utf8')) as { version: string };
const connector = connectorOf(version);
const recorded = JSON.parse((await readIfThere('stability.json'))?.toString() ?? '{}') as Stability;
const wrong = [
  ...lint(connector).map(({ id, location }) => `${id}: ${location}`),
  ...breaksIn(recorded, stabilityOf(connector.definition)),
];

if (wrong.length === 0) {
  for (const { name, content, isSame } of generatedFiles(connector, recorded)) {
    const there = await readIfThere(name);
    if (there !== undefined && isSame(there)) continue;
    if (values.check) wrong.push(`connector/${name} is out of date: npm run connector`);
    else await writeFile(path.join(folder, name), content);
  }
}
process.stderr.write(wrong.map((sentence) => `${sentence}\n`).join(''));
process.exitCode = wrong.length === 0 ? 0 : 1;
