import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** TypeScript sources by their path from the root of the repository, with slashes. */
export type Sources = ReadonlyMap<string, string>;

/** All TypeScript sources of the project. */
export function readSources(root: string): Sources {
  const files = globSync('{bench,connector,dashboard,functions,sandbox,scripts,shared,tests}/**/*.{ts,tsx}', {
    cwd: root,
  });
  return new Map(
    files
      .map((file) => file.replaceAll(path.sep, '/'))
      .sort()
      .map((file) => [file, readFileSync(path.join(root, file), 'utf8')]),
  );
}

/** One import of a source: `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, of values or of types. */
export interface SourceImport {
  /** As it is written. */
  readonly specifier: string;
  /** The imported file by its path from the root; undefined when the specifier names a package. */
  readonly file: string | undefined;
}

/** The imports of one source in their order. What only looks like one (in a comment, in a string) is none. */
export function importsOf(file: string, source: string): SourceImport[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => resolved(file, fileName));
}

/** What a specifier means in a file. */
export function resolved(file: string, specifier: string): SourceImport {
  const isRelative = specifier.startsWith('.');
  return { specifier, file: isRelative ? path.posix.join(path.posix.dirname(file), specifier) : undefined };
}
