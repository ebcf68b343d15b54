import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { connectorDefinition } from '../../connector/document/definition.ts';
import { operationsOf } from '../../connector/document/operations.ts';
import { tableRows } from '../helpers/markdown.ts';

const readme = readFileSync('connector/README.md', 'utf8');
const definition = connectorDefinition('1.2.3');

test.each([
  ['trigger', true],
  ['action', false],
])('the README names every %s that makers see, as they see it', (heading, isTrigger) => {
  const seen = operationsOf(definition)
    .map(({ operation }) => operation)
    .filter((operation) => operation['x-ms-visibility'] !== 'internal')
    .filter((operation) => (operation['x-ms-trigger'] !== undefined) === isTrigger)
    .map(({ summary, operationId }) => `${summary} ${operationId}`);
  const named = tableRows(readme, heading).map(([summary, id]) => `${summary ?? ''} ${id?.replaceAll('`', '') ?? ''}`);
  expect(named.sort()).toEqual(seen.sort());
});

test('the README is about this connector', () => {
  expect(readme).toMatch(`# ${definition.info.title}\n`);
});
