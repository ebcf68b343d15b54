import type { AttributeMetadata, EntityMetadata } from './documented-shapes.ts';

/** One value of a row. Timestamps are ISO 8601 strings. */
export type Cell = string | number | boolean | null;

export type Row = Readonly<Record<string, Cell>>;

/** An entity with its rows, as the data routes and the partitions serve it. */
export interface EntityTable {
  readonly metadata: EntityMetadata;
  /**
   * Ingested tables cannot be filtered
   * (learn.microsoft.com/dynamics365/customer-insights/data/odata-examples, "Limitations").
   */
  readonly ingested: boolean;
  readonly rows: readonly Row[];
}

/**
 * A change of a row by the real-time API. After `untilMs` the row has the values of the last
 * refresh again.
 */
export interface RealTimeChange {
  readonly entityName: string;
  readonly id: string;
  readonly values: Row;
  readonly untilMs: number;
  readonly kind: 'created' | 'updated';
}

export type EdmType = 'Edm.String' | 'Edm.Int64' | 'Edm.Double' | 'Edm.Boolean' | 'Edm.Date' | 'Edm.DateTimeOffset';

/** Describes a column. `index` says how the search and filter index treats the column. */
export function attribute(
  name: string,
  dataType: EdmType,
  index: '' | 'filter' | 'filter and search' = '',
): AttributeMetadata {
  return {
    name,
    friendlyName: name,
    dataType,
    semanticType: null,
    searchProperties: {
      isSearchable: index === 'filter and search',
      isFilterable: index !== '',
      isFacetable: false,
      isSortable: true,
    },
  };
}

export interface EntityDescription {
  readonly name: string;
  readonly entityType: string;
  readonly attributes: readonly AttributeMetadata[];
  /** The column that identifies a row. */
  readonly key: string;
  readonly refreshTime: string;
  /** Only for ingested tables. */
  readonly dataSource?: { readonly dataSourceId: string; readonly name: string };
}

/**
 * Creates the metadata of an entity. Names of ingested entities are qualified by the id of their
 * data source.
 */
export function describeEntity(entity: EntityDescription): EntityMetadata {
  const { dataSource } = entity;
  return {
    name: entity.name,
    qualifiedEntityName: dataSource === undefined ? entity.name : `${dataSource.dataSourceId}_${entity.name}`,
    dataSourceName: dataSource?.name ?? null,
    datasourceId: dataSource?.dataSourceId ?? null,
    entityType: entity.entityType,
    attributes: [...entity.attributes],
    keys: [entity.attributes.filter(({ name }) => name === entity.key)],
    relationships: [],
    refreshTime: entity.refreshTime,
  };
}

/** The column that identifies a row. */
export function keyColumnOf({ keys }: EntityMetadata): string {
  return keys[0]?.[0]?.name ?? '';
}
