import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { instanceRegistry } from '../../shared/subscriptions/instance-registry.ts';
import { withEmptyPages } from '../helpers/empty-pages.ts';

const ids = Array.from({ length: 7 }, (_, index) => `00000000-0000-4000-a000-00000000000${index}`);

test.each<[string, Tables]>([
  ['short', createMemoryTables({ rowsPerScan: 2 })],
  ['empty', withEmptyPages(createMemoryTables())],
])('the pages of instances have all of them, each once, when pages of storage are %s', async (_, tables) => {
  const registry = instanceRegistry(tables);
  for (const id of ids) await registry.register(id);
  const found: string[] = [];
  let next: string | undefined;
  do {
    const page = await registry.page({ limit: 3, ...(next !== undefined && { next }) });
    expect(page.instanceIds.length).toBeGreaterThan(0);
    found.push(...page.instanceIds);
    next = page.next;
  } while (next !== undefined);
  expect(found).toEqual(ids);
});
