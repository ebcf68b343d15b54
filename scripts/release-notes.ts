import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readCommandLine } from './command-line.ts';

const root = path.join(import.meta.dirname, '..');
const usage = `npm run release-notes -- --tag TAG

Prints what CHANGELOG.md says of the version of a tag. Exits with 1 when the tag is not that of package.json, or the changes have no
section for it.

  --tag TAG   such as v1.2.3`;

/** What stands below the heading of a version; undefined when there is no such heading. */
function sectionOf(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m);
  const found = sections.find((section) => section.split(/[\s\n]/)[0] === version);
  return found?.slice(found.indexOf('\n')).trim();
}

/** The notes, or why there are none. */
async function notesOf(tag: string | undefined): Promise<{ notes: string } | { wrong: string }> {
  const read = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
  const { version } = JSON.parse(await read('package.json')) as { version: string };
  if (tag !== `v${version}`) return { wrong: `The tag must be v${version}, the version of package.json.` };
  const notes = sectionOf(await read('CHANGELOG.md'), version);
  return notes ? { notes } : { wrong: `CHANGELOG.md says nothing of ${version}.` };
}

const { values } = readCommandLine(usage, { tag: { type: 'string' } });
const found = await notesOf(values.tag);
if ('notes' in found) console.log(found.notes);
else {
  console.error(found.wrong);
  process.exitCode = 1;
}
