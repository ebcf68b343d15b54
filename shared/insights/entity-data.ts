import type { Named } from '../nearest-names.ts';
import type { JsonObject } from './json-fields.ts';

/**
 * The port to the data of Customer Insights, independent of HTTP. An entity is a table, such as
 * `Customer`. Its rows are items. Its data is stored in partitions (files).
 *
 * A mistake of the caller is a returned value, such as `Missing`. Every method rejects with
 * `CustomerInsightsError` when the call fails. `entityId` is an id that `entities` returns. For
 * some entities, the service accepts other names too.
 */
export interface EntityData {
  entities(instanceId: string): Promise<{ kind: 'entities'; entities: Entity[] } | Missing | Refused>;
  entity(instanceId: string, entityId: string): Promise<{ kind: 'entity'; entity: Entity } | Missing | Refused>;
  /**
   * Reads one page, whose size the service decides. `options` are OData query options by name
   * (`$filter`), not URL-encoded.
   */
  items(instanceId: string, entityId: string, options: ItemOptions): Promise<ItemPage | Missing | Refused>;
  /** `item` is the text of a JSON object. It is sent unchanged. */
  createItem(
    instanceId: string,
    entityId: string,
    item: string,
    options: WriteOptions,
  ): Promise<CreatedItem | { kind: 'exists' } | Missing | Refused>;
  /** `changes` is the text of a JSON object. It is sent unchanged. */
  updateItem(
    instanceId: string,
    entityId: string,
    itemId: string,
    changes: string,
    options: WriteOptions,
  ): Promise<{ kind: 'updated' } | Missing | Refused>;
  partitions(
    instanceId: string,
    entityId: string,
  ): Promise<{ kind: 'partitions'; partitions: Partition[] } | Missing | Refused>;
  partitionRows(
    instanceId: string,
    entityId: string,
    partitionId: string,
    range: RowRange,
  ): Promise<RowPage | Missing | Refused | UnreadablePartition>;
}

export type ItemOptions = Readonly<Record<string, string>>;

/** The query parameters `validUntil` (an instant) and `caller`, as the service documents them. */
export type WriteOptions = Readonly<Partial<Record<'validUntil' | 'caller', string>>>;

/** The service does not have an object that the call names. */
export interface Missing {
  readonly kind: 'missing';
  readonly what: 'instance' | 'entity' | 'item' | 'partition';
  /** For a missing entity: entities with similar names. */
  readonly nearest?: readonly Named[];
}

/**
 * The service refused the call. `serviceMessage` is its error message, one line of at most 300
 * characters.
 */
export interface Refused {
  readonly kind: 'call-refused';
  readonly serviceMessage: string | undefined;
}

export interface Entity {
  /** The id of the entity in URLs. */
  readonly entityId: string;
  readonly name: string;
  /**
   * `profile`, `activity`, `unifiedactivity`, `segment`, …, in lower case. New types may appear.
   */
  readonly entityType: string | undefined;
  readonly attributes: readonly Attribute[];
  /** The names of the columns of each key. */
  readonly keys: readonly (readonly string[])[];
}

/** A column of an entity. */
export interface Attribute {
  readonly name: string;
  readonly displayName: string;
  /** An OData type, e.g. `Edm.String`. Empty when the service names no type. */
  readonly dataType: string;
}

export interface ItemPage {
  readonly kind: 'page';
  readonly items: readonly JsonObject[];
  /** Whether the response links to a next page. There may be a next page even without a link. */
  readonly hasNext: boolean;
}

export interface CreatedItem {
  readonly kind: 'created';
  /** `false`: the service accepted the item and stores it later. */
  readonly isDone: boolean;
  /** The item as the service returned it. Absent when the response does not contain it. */
  readonly item: JsonObject | undefined;
}

/** A file with a part of an entity's data, written by the last refresh. */
export interface Partition {
  /**
   * The name of the partition, or its position in the list when partitions have no unique names.
   */
  readonly partitionId: string;
}

/** Which rows of a partition to read. The header is not counted. */
export interface RowRange {
  readonly skip: number;
  readonly top: number;
}

export interface RowPage {
  readonly kind: 'rows';
  readonly rows: readonly JsonObject[];
  readonly hasMore: boolean;
}

/**
 * The data is not CSV, or `isDownloadAddress` does not allow its address. `reason` is a sentence
 * for people.
 */
export interface UnreadablePartition {
  readonly kind: 'unreadable';
  readonly reason: string;
}
