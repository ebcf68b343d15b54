import { describe, expect, test } from '@jest/globals';
import { deadExports } from '../scripts/dead-exports.ts';

/** The dead exports of `a.ts` beside another file. */
function deadBeside(a: string, b: string): string[] {
  return deadExports(
    new Map([
      ['shared/a.ts', a],
      ['shared/b.ts', b],
    ]),
  );
}

describe('an export is dead', () => {
  test.each([
    ['a function', 'export function one() {}'],
    ['an async function', 'export async function one() {}'],
    ['a class', 'export class one {}'],
    ['a value', 'export const one = 1, $two = 2;\nuse($two);'],
    ['a type', 'export type one = 1;'],
    ['an interface', 'export interface one { a: 1 }'],
  ])('when nothing names it: %s', (_, source) => {
    expect(deadBeside(source, '')).toEqual(['shared/a.ts: one']);
  });

  test('when only a namesake elsewhere is used', () => {
    expect(deadBeside('export const one = 1;', `import { one } from './c.ts';`)).toEqual(['shared/a.ts: one']);
  });

  test('when another name of its file is imported', () => {
    expect(deadBeside('export const one = 1;\nexport const two = 2;', `import { two } from './a.ts';`)).toEqual([
      'shared/a.ts: one',
    ]);
  });
});

describe('an export is alive', () => {
  test.each([
    ['imported', `import { one } from './a.ts';`],
    ['imported as a type under another name', `import { type one as other } from './a.ts';`],
    ['exported on', `export { one } from './a.ts';`],
    ['within reach of a whole import', `import * as all from './a.ts';`],
    ['within reach of an import at run time', `await import('./a.ts');`],
  ])('when it is %s', (_, source) => {
    expect(deadBeside('export const one = 1;', source)).toEqual([]);
  });

  test('when its own file uses it', () => {
    expect(deadBeside('export interface one {}\nfunction two(a: one) {}\ntwo({});', '')).toEqual([]);
  });

  test('when it is a default, which a configuration names by its file', () => {
    expect(deadBeside('export default function one() {}', '')).toEqual([]);
  });
});
