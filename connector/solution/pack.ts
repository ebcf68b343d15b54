import { strToU8, zipSync, type Zippable } from 'fflate';
import { element, xmlDocument } from './xml.ts';

/** The files of a solution by name. A string is written as UTF-8. */
export type SolutionFiles = Readonly<Record<string, string | Uint8Array>>;

/**
 * The earliest timestamp of the zip format in the local time zone. A constant makes the same files
 * give the same bytes.
 */
const MTIME = new Date(1980, 0, 1);

/** Packs a solution for import: a zip with its files and a table of their content types. */
export function packed(files: SolutionFiles): Uint8Array {
  const all = { '[Content_Types].xml': contentTypes(Object.keys(files)), ...files };
  const entries: Zippable = Object.fromEntries(
    Object.entries(all).map(([name, content]) => [
      name,
      [typeof content === 'string' ? strToU8(content) : content, { level: 6, mtime: MTIME }],
    ]),
  );
  return zipSync(entries);
}

/**
 * The content types file of the Open Packaging Conventions. Dataverse writes the same content type
 * for every file.
 */
function contentTypes(names: readonly string[]): string {
  const extensions = [...new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)))].sort();
  return xmlDocument(
    element(
      'Types',
      extensions.map((Extension) => element('Default', [], { Extension, ContentType: 'application/octet-stream' })),
      { xmlns: 'http://schemas.openxmlformats.org/package/2006/content-types' },
    ),
  );
}
