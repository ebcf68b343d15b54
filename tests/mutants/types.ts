import path from 'node:path';
import ts from 'typescript';

/**
 * Whether the compiler refuses a file's new text: then `npm run check` does, and no test has to.
 */
export type TypeCheck = (file: string, text: string) => boolean;

export function openTypeCheck(): TypeCheck {
  const read = (file: string): string | undefined => ts.sys.readFile(file);
  const { config } = ts.readConfigFile('tsconfig.json', read) as { config: unknown };
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  const roots = fileNames.filter((file) => path.relative('.', file).startsWith('shared'));
  const host = ts.createCompilerHost(options);
  const original = host.getSourceFile.bind(host);
  const sources = new Map<string, ts.SourceFile | undefined>();
  let program: ts.Program | undefined;
  return (file, text) => {
    const planted = path.resolve(file);
    host.getSourceFile = (name, target) => {
      if (path.resolve(name) === planted) return ts.createSourceFile(name, text, target);
      if (!sources.has(name)) sources.set(name, original(name, target));
      return sources.get(name);
    };
    program = ts.createProgram({ rootNames: roots, options, host, ...(program && { oldProgram: program }) });
    const source = program.getSourceFile(planted);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].length > 0;
  };
}
