import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Not the tests of hosts and pages, of what is beside `shared`, and of texts. */
const TESTED =
  'tests/{deliveries,detection,events,insights,operations,outgoing,rate-limit,subscriptions,telemetry,triggers,work}/**/*.test.ts';
/** A test that imports one of these needs other processes than an Azurite, or takes long. */
const NOT_HERE = /^(node:child_process|tests\/(sandbox|simulation)\/.*|sandbox\/functions-host\/.*)$/;
const AZURITE = 'sandbox/azurite.ts';

/**
 * The files with tests that run in one process, over memory or an Azurite that is there already.
 */
export function memoryTests(): readonly string[] {
  const candidates = [...globSync(TESTED), 'tests/costs.test.ts'];
  return candidates.filter((file) => ![...closureOf(file)].some((each) => NOT_HERE.test(each))).toSorted();
}

const known = new Map<string, readonly string[]>();

/** What a source imports: files, and packages by name. */
export function importedBy(file: string): readonly string[] {
  if (!file.endsWith('.ts') || !existsSync(file)) return [];
  const before = known.get(file);
  if (before !== undefined) return before;
  // Imports of types count too. Text in comments or strings that looks like an import does not.
  const imported = ts
    .preProcessFile(readFileSync(file, 'utf8'), true, true)
    .importedFiles.map(({ fileName }) =>
      fileName.startsWith('.') ? path.posix.join(path.posix.dirname(file), fileName) : fileName,
    );
  known.set(file, imported);
  return imported;
}

/**
 * Everything that a source needs, itself included; behind the start of an Azurite nothing is looked
 * for.
 */
export function closureOf(file: string): ReadonlySet<string> {
  const seen = new Set([file]);
  for (const each of seen) if (each !== AZURITE) for (const imported of importedBy(each)) seen.add(imported);
  return seen;
}
