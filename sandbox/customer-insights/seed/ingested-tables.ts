import type { DataSourceMetadata } from '../state/documented-shapes.ts';
import { attribute, describeEntity } from '../state/entity-table.ts';
import type { EntityTable } from '../state/entity-table.ts';

/**
 * The tables of the CRM, the store and the loyalty programme, derived from the profiles that they
 * would be unified to.
 */
export function seededIngestedTables(
  dataSources: readonly DataSourceMetadata[],
  customers: EntityTable,
  refreshTime: string,
): EntityTable[] {
  return dataSources.flatMap((dataSource) =>
    dataSource.entityNames.map((name) => ingestedTable(dataSource, name, customers, refreshTime)),
  );
}

function ingestedTable(
  dataSource: DataSourceMetadata,
  name: string,
  customers: EntityTable,
  refreshTime: string,
): EntityTable {
  const key = `${name.replace(/s$/, '')}Id`;
  const isActivity = name === 'Purchases';
  return {
    metadata: describeEntity({
      name,
      entityType: isActivity ? 'activity' : 'profile',
      key,
      refreshTime,
      dataSource,
      attributes: [
        attribute(key, 'Edm.String'),
        attribute('Email', 'Edm.String'),
        isActivity ? attribute('Amount', 'Edm.Double') : attribute('FullName', 'Edm.String'),
      ],
    }),
    ingested: true,
    rows: customers.rows.map(({ Email = null, FullName = null, TotalSpend = null, ...customer }, index) => ({
      [key]:
        name === 'Contacts'
          ? (customer['ContosoCRM_Contacts_ContactId'] ?? null)
          : `${name[0] ?? ''}-${10_000 + index}`,
      Email,
      ...(isActivity ? { Amount: TotalSpend } : { FullName }),
    })),
  };
}
