import type { Tables } from '../../shared/storage/tables.ts';
import { tableLimitsContract } from './table-limits.contract.ts';
import { tableRangesContract } from './table-ranges.contract.ts';
import { tableRowsContract } from './table-rows.contract.ts';
import { tableTransactionsContract } from './table-transactions.contract.ts';
import { tableValuesContract } from './table-values.contract.ts';

/**
 * Registers the tests of what every implementation of `Tables` promises. Every test names tables of
 * its own.
 */
export function tablesContract(open: () => Tables): void {
  const tables = open();
  tableRowsContract(tables);
  tableTransactionsContract(tables);
  tableRangesContract(tables);
  tableValuesContract(tables);
  tableLimitsContract(tables);
}
