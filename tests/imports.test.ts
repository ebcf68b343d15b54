import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { importRules, wrongImports } from '../scripts/import-directions.ts';
import { readSources } from '../scripts/project-sources.ts';
import { codesOf, tableRows } from './helpers/markdown.ts';

/** What the rules say to one made-up file. */
function verdict(file: string, source: string): string[] {
  return wrongImports(new Map([[file, source]]));
}

describe('imports of the project', () => {
  test('all follow the directions', () => {
    const sources = readSources('.');
    expect(sources.size).toBeGreaterThan(100);
    expect(wrongImports(sources)).toEqual([]);
  });

  test('CONTRIBUTING shows the directions as they are enforced', () => {
    const shown = tableRows(readFileSync('CONTRIBUTING.md', 'utf8'), 'part').map(([part, imports, packages]) => ({
      part: codesOf(part)[0],
      imports: codesOf(imports),
      packages: codesOf(packages),
    }));
    expect(shown).toEqual(importRules);
  });
});

describe('a planted import is found', () => {
  const planted: readonly [what: string, file: string, source: string][] = [
    ['the functions library in the domain', 'shared/backend.ts', `import { app } from '@azure/functions';`],
    ['its types alone', 'shared/log.ts', `import type { HttpRequest } from '@azure/functions';`],
    ['a type written as an import', 'shared/log.ts', `export type A = import('@azure/functions').HttpRequest;`],
    ['a storage SDK outside its folder', 'shared/storage/tables.ts', `import '@azure/data-tables';`],
    ['an HTTP client outside its folders', 'shared/deliveries/attempt/attempt.ts', `export { request } from 'undici';`],
    ['a path into a package', 'shared/detection/poll.ts', `import x from '@azure/identity/deep';`],
    ['an import at run time', 'shared/subscriptions/x.ts', `await import('@azure/identity');`],
    ['detection from deliveries', 'shared/deliveries/retry/retry.ts', `import { a } from '../../detection/poll.ts';`],
    ['deliveries from detection', 'shared/detection/poll.ts', `import type { A } from '../deliveries/chunk.ts';`],
    ['events from subscriptions', 'shared/subscriptions/x.ts', `export * from '../events/event.ts';`],
    ['subscriptions from triggers', 'shared/triggers/x.ts', `import '../subscriptions/subscription.ts';`],
    ['a concept from a root file', 'shared/problem.ts', `import { a } from './triggers/trigger.ts';`],
    ['the backend from a concept', 'shared/detection/poll.ts', `import { a } from '../backend.ts';`],
    ['functions from the domain', 'shared/backend.ts', `import { a } from '../functions/http.ts';`],
    ['the sandbox from functions', 'functions/http.ts', `import { a } from '../sandbox/stack.ts';`],
    ['functions from the sandbox', 'sandbox/stack.ts', `import '../functions/index.ts';`],
    ['the domain from the sandbox', 'sandbox/flow-platform/flow.ts', `import '../../shared/events/event.ts';`],
    ['one sandbox from another', 'sandbox/flow-platform/flow.ts', `import '../customer-insights/fixture.ts';`],
    [
      'the domain from the dashboard',
      'dashboard/live/route.ts',
      `import type { A } from '../../shared/events/event.ts';`,
    ],
    ['a view from a part of the page', 'dashboard/parts/badge.tsx', `import { a } from '../views/overview.tsx';`],
    ['a module of Node in the browser', 'dashboard/app.tsx', `import fs from 'node:fs';`],
    ['the dashboard from functions', 'functions/dashboard.ts', `import { a } from '../dashboard/live/route.ts';`],
    ['a test', 'shared/log.ts', `import './helpers/rows.ts';`],
    ['a module of Node without its prefix', 'shared/log.ts', `import fs from 'fs';`],
  ];
  test.each(planted)('%s', (_, file, source) => {
    expect(verdict(file, `const before = 1;\n${source}`)).toHaveLength(1);
  });

  test('a folder without a rule', () => {
    expect(verdict('shared/misc/x.ts', '')).toEqual(['shared/misc/x.ts is in a folder without a rule']);
  });
});

describe('no import is found where there is none', () => {
  test.each([
    ['in a comment', `// import '@azure/functions';`],
    ['in a text', 'const text = "import \'@azure/functions\'";'],
    ['in what is allowed', `import fs from 'node:fs';\nimport { a } from '../events/event.ts';\nimport './retry.ts';`],
  ])('%s', (_, source) => {
    expect(verdict('shared/deliveries/retry/retry.ts', source)).toEqual([]);
  });

  test('in tests, which may import everything', () => {
    expect(verdict('tests/x.test.ts', `import '@azure/functions';`)).toEqual([]);
  });
});
