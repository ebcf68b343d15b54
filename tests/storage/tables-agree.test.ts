import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { answers, anyTableCommands } from '../helpers/table-commands.ts';

test('memory and Azurite give the same answers to any commands', async () => {
  const azure = createAzureTables({ clients: openStorageClients({ account: sharedAzurite() }) });
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyTableCommands(), fc.integer({ min: 1, max: 4 }), async (commands, rowsPerScan) => {
      const table = uniqueName('agree');
      const fromMemory = await answers(createMemoryTables({ rowsPerScan }), table, commands);
      expect(await answers(azure, table, commands)).toEqual(fromMemory);
      await azure.dropTable(table);
      for (const [, reason] of JSON.stringify(fromMemory).matchAll(/"reason":"(\w+)"/g)) seen.add(reason ?? '');
    }),
    { numRuns: 40 },
  );
  expect([...seen].sort()).toEqual(['changed', 'exists', 'missing']);
});
