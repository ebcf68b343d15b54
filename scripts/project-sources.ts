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

/**
 * One import of a source: `import … from '…'`, `export … from '…'`, `import '…'` or `import('…')`, of values
 * or types.
 */
export interface SourceImport {
  /** As written in the source. */
  readonly specifier: string;
  /** The path of the imported file from the root. `undefined` when the specifier names a package. */
  readonly file: string | undefined;
}

/** The imports of one source in order. Text in comments or strings that looks like an import is ignored. */
export function importsOf(file: string, source: string): SourceImport[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => resolved(file, fileName));
}

/** Resolves a specifier in a file. */
export function resolved(file: string, specifier: string): SourceImport {
  const isRelative = specifier.startsWith('.');
  return { specifier, file: isRelative ? path.posix.join(path.posix.dirname(file), specifier) : undefined };
}
