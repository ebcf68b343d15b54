import { strToU8, zipSync, type Zippable } from 'fflate';
import { element, xmlDocument } from './xml.ts';

/** The files of a solution by their names in it: texts in UTF-8, or bytes. */
export type SolutionFiles = Readonly<Record<string, string | Uint8Array>>;

/** The first time that the format knows, in whatever time zone: the same files give the same bytes. */
const MTIME = new Date(1980, 0, 1);

/** A solution as it is imported: a zip of its files, and of a table of their types. */
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

/** Of the Open Packaging Conventions. Dataverse gives every type the same name, whatever it is. */
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
