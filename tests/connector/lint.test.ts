import { describe, expect, test } from '@jest/globals';
import { connectorOf } from '../../connector/generated-files.ts';
import { lint, rules } from '../../connector/lint/lint.ts';
import { damaged, planted } from './planted.ts';

const connector = connectorOf('1.2.3');

test('the connector breaks no rule', () => {
  expect(lint(connector)).toEqual([]);
});

test('every rule has an id of its own, a sentence, and a violation to catch', () => {
  expect(rules.map(({ id }) => id).sort()).toEqual(Object.keys(planted).sort());
  for (const { says } of rules) expect(says).toMatch(/^[A-Z].*[.]$/);
});

describe('a planted violation is caught:', () => {
  test.each(rules.map(({ id, says, find }) => [id, says, find] as const))('%s: %s', (id, _, find) => {
    const plant = planted[id];
    expect(plant).toBeDefined();
    if (plant) expect(find(damaged(connector, plant))).not.toEqual([]);
  });
});
