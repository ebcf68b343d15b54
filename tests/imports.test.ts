import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { forbiddenImports, importRules } from '../scripts/import-rules.ts';
import { codesOf, tableRows } from './helpers/markdown.ts';

test('CONTRIBUTING shows the import directions as they are enforced', () => {
  const shown = tableRows(readFileSync('CONTRIBUTING.md', 'utf8'), 'part').map(([part, imports, packages]) => ({
    part: codesOf(part)[0],
    imports: codesOf(imports),
    packages: codesOf(packages),
  }));
  expect(shown).toEqual(importRules);
});

const rules = forbiddenImports();
const matches = (patterns: string | readonly string[] | undefined, file: string): boolean =>
  [patterns ?? []].flat().some((pattern) => new RegExp(pattern).test(file));

/**
 * The rules that forbid a file to import another file or package, in the way dependency-cruiser
 * reads them.
 */
function forbidding(file: string, target: string): string[] {
  return rules.flatMap(({ name, from, to }) =>
    to?.pathNot !== undefined && matches(from.path, file) && !matches(to.pathNot, target) ? [name] : [],
  );
}

describe('the rules of the table', () => {
  test.each([
    ['the functions library in the domain', 'shared/backend.ts', 'node_modules/@azure/functions/x.js'],
    ['a storage SDK outside its folder', 'shared/storage/tables.ts', 'node_modules/@azure/data-tables/x.js'],
    ['a package whose name begins like an allowed one', 'functions/http.ts', 'node_modules/@azure/functions-core/x.js'],
    ['a package that is not installed', 'shared/detection/poll.ts', '@azure/identity/deep'],
    ['detection from a subfolder of deliveries', 'shared/deliveries/retry/retry.ts', 'shared/detection/poll.ts'],
    ['subscriptions from triggers', 'shared/triggers/x.ts', 'shared/subscriptions/subscription.ts'],
    ['a concept from a root file', 'shared/problem.ts', 'shared/triggers/trigger.ts'],
    ['the backend from a concept', 'shared/detection/poll.ts', 'shared/backend.ts'],
    ['the settings from a root file', 'shared/problem.ts', 'shared/config.ts'],
    ['functions from the domain', 'shared/backend.ts', 'functions/http.ts'],
    ['one sandbox from another', 'sandbox/flow-platform/flow.ts', 'sandbox/customer-insights/fixture.ts'],
    ['a test from the domain', 'shared/log.ts', 'tests/helpers/rows.ts'],
    ['a view from a part of the page', 'dashboard/parts/badge.tsx', 'dashboard/views/overview.tsx'],
  ])('forbid %s', (_, file, target) => {
    expect(forbidding(file, target)).toHaveLength(1);
  });

  test.each([
    ['functions/http.ts', 'shared/deliveries/retry/retry.ts'],
    ['functions/http.ts', 'node_modules/@azure/functions/x.js'],
    ['shared/backend.ts', 'shared/detection/poll.ts'],
    ['shared/detection/poll.ts', 'shared/clock.ts'],
    ['shared/deliveries/retry/retry.ts', 'shared/deliveries/records/delivery-id.ts'],
    ['dashboard/app.tsx', 'dashboard/parts/badge.tsx'],
    ['tests/imports.test.ts', 'functions/http.ts'],
  ])('allow %s to import %s', (file, target) => {
    expect(forbidding(file, target)).toEqual([]);
  });

  test('forbid the modules of Node in the dashboard alone', () => {
    const allowing = rules.filter(({ to }) => to?.dependencyTypesNot?.includes('core') === true);
    const parts = importRules.map(({ part }) => part).filter((part) => !part.startsWith('dashboard'));
    expect(allowing.map(({ name }) => name)).toEqual(parts.map((part) => `not for ${part}`));
  });

  test.each(['shared/misc/x.ts', 'functions/sub/x.ts', 'dashboard/x/y.tsx'])(
    'forbid %s: its folder has none',
    (file) => {
      const found = rules.filter(({ module }) => matches(module?.path, file) && !matches(module?.pathNot, file));
      expect(found.map(({ name }) => name)).toEqual(['a folder without a rule']);
    },
  );
});
