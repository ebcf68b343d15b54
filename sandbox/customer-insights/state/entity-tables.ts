import { createHash } from 'node:crypto';
import type { MeasureMetadata, SegmentMetadata } from './documented-shapes.ts';
import { attribute, describeEntity, keyColumnOf } from './entity-table.ts';
import type { Cell, EntityTable, Row } from './entity-table.ts';
import type { Instance } from './instance.ts';
import { memberCountOf } from './segments.ts';

/**
 * All tables of an instance: the stored ones with their real-time changes, then those that its
 * segments and measures produce.
 */
export function tablesOf(instance: Instance, nowMs: number): EntityTable[] {
  const customers = storedRowsOf(instance, 'Customer');
  return [
    ...instance.tables.map((table) => withRealTimeChanges(instance, table, nowMs)),
    customerMeasures(instance, customers),
    segmentMemberships(instance, customers),
    ...instance.segments.map((segment) => segmentTable(segment, customers)),
    ...instance.measures.map((measure) => measureTable(measure, customers)),
  ];
}

/**
 * The table that an address names: `Customer`, or for ingested tables `Source_Table` or
 * `{dataSourceId}_Table`.
 */
export function findTable(instance: Instance, name: string, nowMs: number): EntityTable | undefined {
  return tablesOf(instance, nowMs).find(({ metadata }) =>
    metadata.dataSourceName === null
      ? metadata.name === name
      : [metadata.qualifiedEntityName, `${metadata.dataSourceName}_${metadata.name}`].includes(name),
  );
}

/**
 * Ids of the customers in a segment: as many as its last successful evaluation counted, at most all
 * customers. A segment that grows keeps its members.
 */
export function membersOf(segment: SegmentMetadata, customers: readonly Row[]): Set<string> {
  const rank = (id: string): string => createHash('md5').update(`${segment.name} ${id}`).digest('hex');
  const ids = customers.map(({ CustomerId }) => String(CustomerId));
  const ranked = ids.map((id) => ({ id, rank: rank(id) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return new Set(ranked.slice(0, memberCountOf(segment)).map(({ id }) => id));
}

/** The rows of a stored table after the last refresh, without real-time changes. */
export function storedRowsOf(instance: Instance, name: string): readonly Row[] {
  return instance.tables.find(({ metadata }) => metadata.name === name)?.rows ?? [];
}

function withRealTimeChanges(instance: Instance, table: EntityTable, nowMs: number): EntityTable {
  const changes = instance.realTimeChanges.filter(
    ({ entityName, untilMs }) => entityName === table.metadata.name && untilMs > nowMs,
  );
  if (changes.length === 0) return table;
  const created = changes.filter(({ kind }) => kind === 'created').map(({ values }) => values);
  const updated = table.rows.map((row) =>
    changes
      .filter(({ kind, id }) => kind === 'updated' && id === row[keyColumnOf(table.metadata)])
      .reduce((changed, { values }) => ({ ...changed, ...values }), row),
  );
  return { ...table, rows: [...updated, ...created] };
}

const customerId = attribute('CustomerId', 'Edm.String', 'filter');

function segmentTable(segment: SegmentMetadata, customers: readonly Row[]): EntityTable {
  return {
    metadata: describeEntity({
      name: segment.name,
      entityType: 'segment',
      attributes: [customerId],
      key: 'CustomerId',
      refreshTime: segment.evaluationStatus.evaluationDate ?? segment.createdUtc,
    }),
    ingested: false,
    rows: [...membersOf(segment, customers)].map((id) => ({ CustomerId: id })),
  };
}

function segmentMemberships(instance: Instance, customers: readonly Row[]): EntityTable {
  const members = instance.segments.map((segment) => ({ name: segment.name, ids: membersOf(segment, customers) }));
  return {
    metadata: describeEntity({
      name: 'Segments',
      entityType: 'segmentMembership',
      attributes: [customerId, attribute('SegmentProvider', 'Edm.String'), attribute('Segments', 'Edm.String')],
      key: 'CustomerId',
      refreshTime: instance.metadata.updatedUtc,
    }),
    ingested: false,
    rows: customers.flatMap(({ CustomerId = null }) => {
      const names = members.filter(({ ids }) => ids.has(String(CustomerId))).map(({ name }) => name);
      return names.length === 0 ? [] : [{ CustomerId, SegmentProvider: 'AI', Segments: names.join(',') }];
    }),
  };
}

function customerMeasures(instance: Instance, customers: readonly Row[]): EntityTable {
  const measures = instance.measures.filter(({ definition }) => definition.isProfile);
  return {
    metadata: describeEntity({
      name: 'Customer_Measure',
      entityType: 'profileKpi',
      attributes: [customerId, ...measures.map(({ name }) => attribute(name, 'Edm.Double'))],
      key: 'CustomerId',
      refreshTime: instance.metadata.updatedUtc,
    }),
    ingested: false,
    rows: customers.map(({ CustomerId = null, TotalSpend = null }) => ({
      CustomerId,
      ...Object.fromEntries(measures.map(({ name }) => [name, TotalSpend])),
    })),
  };
}

function measureTable(measure: MeasureMetadata, customers: readonly Row[]): EntityTable {
  const { name, definition, createdUtc, output, evaluationStats } = measure;
  const dimension = definition.dimensions[0]?.alias;
  const alias = definition.aggregates[0]?.alias ?? name;
  const value = attribute(alias, 'Edm.Double');
  const describe = (key: string, entityType: string, attributes: EntityTable['metadata']['attributes']) =>
    describeEntity({ name, entityType, attributes, key, refreshTime: evaluationStats.lastSuccessful ?? createdUtc });
  if (dimension === undefined) {
    return {
      metadata: describe(alias, 'aggregateKpi', [value]),
      ingested: false,
      rows: output === null ? [] : [{ [alias]: Number(output.values[alias]) }],
    };
  }
  const column = definition.isProfile ? customerId : attribute(dimension, 'Edm.String');
  return {
    metadata: describe(dimension, definition.isProfile ? 'profileKpi' : 'aggregateKpi', [column, value]),
    ingested: false,
    rows: [...totalBy(customers, dimension)].map(([group, total]) => ({ [dimension]: group, [alias]: total })),
  };
}

function totalBy(customers: readonly Row[], column: string): Map<Cell, number> {
  const totals = new Map<Cell, number>();
  for (const customer of customers) {
    const group = customer[column] ?? null;
    totals.set(group, (totals.get(group) ?? 0) + Number(customer['TotalSpend']));
  }
  return totals;
}
