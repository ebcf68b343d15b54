import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readEquivalents, staleOf } from './equivalent.ts';
import { faultsOf } from './faults.ts';
import { keyOf, linesOf, plant } from './mutant.ts';
import { shuffled } from './sample.ts';

/** What becomes of the body of a function, fault by fault. */
function mutated(body: string): string[] {
  const text = `async function f(): Promise<void> {\n${body}\n}`;
  return faultsOf('a.ts', text).map((mutant) => {
    const [, ...lines] = plant(text, mutant).split('\n');
    return lines.slice(0, -1).join(' ').trim();
  });
}

describe('a fault is planted in', () => {
  test.each([
    ['a comparison', 'g(a < b);', ['g(a <= b);', 'g(a >= b);']],
    ['an operator', 'g(a - b);', ['g(a + b);']],
    ['a constant', 'g(9);', ['g(10);']],
    ['a condition', 'if (a) g();', ['if (!(a)) g();', 'if (true) g();', 'if (false) g();']],
    ['an await', 'await g();', ['', 'void g();']],
    ['a write', 'a.b = c;', ['']],
    ['a property', 'g({ ...a, b });', ['g({ b });', 'g({ ...a });']],
    ['an order', 'g();\nh();', ['h(); g();']],
    ['the end', 'g();', ['return; g();']],
    ['a step', 'g(a.toLowerCase());', ['g(a);']],
  ])('%s', (_, body, expected) => {
    expect(mutated(body)).toEqual(expect.arrayContaining(expected));
  });

  test.each(['log.info("a", { b: 1 });', 'telemetry.record("a", 1);', 'throw new RangeError(`no ${a + 1}`);'])(
    'nothing that is only informational: %s',
    (body) => {
      expect(mutated(body).filter((each) => !each.startsWith('return;'))).toEqual([]);
    },
  );
});

test('a mutant is the same one wherever its function stands, and is drawn again by the same seed', () => {
  const text = 'function f() {\n  return a < 1;\n}';
  const keys = (source: string): string[] => {
    const texts = new Map([['a.ts', source]]);
    return shuffled(texts, faultsOf('a.ts', source), 7).map((mutant) => keyOf(linesOf(source, mutant)));
  };
  expect(keys(`// moved\n\n${text}`)).toEqual(keys(text));
  expect(new Set(keys(text)).size).toBe(3);
});

test('what is explained as equivalent is still there, and has a reason', () => {
  const equivalents = readEquivalents();
  expect(staleOf(equivalents, (file) => readFileSync(file, 'utf8'))).toEqual([]);
  for (const { why } of equivalents) expect(why.length).toBeGreaterThan(20);
});

test('an explanation whose lines have changed is stale', () => {
  const explained = { file: 'a.ts', within: 'f', original: 'g(1);', mutated: 'g(2);', why: 'for a test of this table' };
  expect(staleOf([explained], () => 'function f() {\n    g(1);\n}')).toEqual([]);
  expect(staleOf([explained], () => 'function f() {\n    g(12);\n}')).toEqual([explained]);
});
