import ts from 'typescript';
import { importsOf, resolved, type Sources } from './project-sources.ts';

/**
 * The unused exports, as `file: name`: no other file imports them and their own file does not use them. The
 * compiler finds unused code only when it is not exported.
 */
export function deadExports(sources: Sources): string[] {
  const imported = new Set<string>();
  const wholly = new Set<string>();
  for (const [file, text] of sources) {
    const named = namedImports(file, text);
    const targets = new Set(named.map((each) => each.target));
    for (const { target, name } of named) imported.add(`${target}#${name}`);
    // `import * as`, `export *` and `import('…')` may use every export.
    for (const { file: target } of importsOf(file, text))
      if (target !== undefined && !targets.has(target)) wholly.add(target);
  }
  return [...sources].flatMap(([file, text]) => {
    if (wholly.has(file)) return [];
    return exportedNames(file, text)
      .filter((name) => !imported.has(`${file}#${name}`) && countOf(name, text) === 1)
      .map((name) => `${file}: ${name}`);
  });
}

/** How often a file contains the name, including the declaration. */
function countOf(name: string, text: string): number {
  return text.match(new RegExp(`(?<![\\w$])${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'))?.length ?? 0;
}

function namedImports(file: string, text: string): { target: string; name: string }[] {
  return statementsOf(file, text).flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const specifier = statement.moduleSpecifier;
    const target = specifier && ts.isStringLiteral(specifier) ? resolved(file, specifier.text).file : undefined;
    const list = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
    if (target === undefined || list === undefined || !('elements' in list)) return [];
    return [...list.elements].map(({ name, propertyName }) => ({ target, name: (propertyName ?? name).text }));
  });
}

function exportedNames(file: string, text: string): string[] {
  return statementsOf(file, text).flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    const kinds = modifiers?.map(({ kind }) => kind) ?? [];
    // A default export is for a program that loads the file by name, such as a configuration.
    if (!kinds.includes(ts.SyntaxKind.ExportKeyword) || kinds.includes(ts.SyntaxKind.DefaultKeyword)) return [];
    const declarations = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
    return declarations.flatMap((declaration) =>
      'name' in declaration && ts.isIdentifier(declaration.name as ts.Node)
        ? (declaration.name as ts.Identifier).text
        : [],
    );
  });
}

function statementsOf(file: string, text: string): readonly ts.Statement[] {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest).statements;
}
