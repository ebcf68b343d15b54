import { describe } from '@jest/globals';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { tablesContract } from '../contract/tables.contract.ts';
import { sharedAzurite } from '../helpers/azurite.ts';

describe('tables in Azurite', () => {
  const tables = createAzureTables({ clients: openStorageClients({ account: sharedAzurite() }) });
  tablesContract(() => tables);
});
