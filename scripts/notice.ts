import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundledPackages, type BundledPackage } from './bundled-packages.ts';
import { readCommandLine } from './command-line.ts';

const root = path.join(import.meta.dirname, '..');
const usage = `npm run notice -- [--into FOLDER]

Builds the app and writes FOLDER/NOTICE: the licence of every package that has code in what is deployed.

  --into FOLDER   where to put it (default: build)`;

function section({ name, version, license, texts }: BundledPackage): string {
  const said = texts.length > 0 ? texts.join('\n\n') : 'The package has no text of its licence with it.';
  return `${name} ${version}\nLicence: ${license}\n\n${said}\n`;
}

const { values } = readCommandLine(usage, { into: { type: 'string' } });
const into = path.resolve(values.into ?? path.join(root, 'build'));
const packages = await bundledPackages(root);
const head = 'customer-insights-triggers holds code of these packages.\n';
await mkdir(into, { recursive: true });
await writeFile(path.join(into, 'NOTICE'), [head, ...packages.map(section)].join(`\n${'-'.repeat(80)}\n\n`));
console.log(`${path.join(path.relative(process.cwd(), into), 'NOTICE')}: ${packages.length} packages`);
