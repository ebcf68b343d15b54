import type { Named } from '../nearest-names.ts';
import type { JsonObject } from './json-fields.ts';

/**
 * The port to the data of Customer Insights: entities, their items and partitions. Nothing here knows HTTP.
 *
 * What a caller may have got wrong is a value; every method rejects with `CustomerInsightsError` when there is no answer.
 * An `entityId` is what `entities` lists; the service takes further names for some.
 */
export interface EntityData {
  entities(instanceId: string): Promise<{ kind: 'entities'; entities: Entity[] } | Missing | Refused>;
  entity(instanceId: string, entityId: string): Promise<{ kind: 'entity'; entity: Entity } | Missing | Refused>;
  /** One page, as large as the service makes it. `options` are OData's, by name (`$filter`), as they are meant. */
  items(instanceId: string, entityId: string, options: ItemOptions): Promise<ItemPage | Missing | Refused>;
  /** `item` is the text of a JSON object, sent as it is. */
  createItem(
    instanceId: string,
    entityId: string,
    item: string,
    options: WriteOptions,
  ): Promise<CreatedItem | { kind: 'exists' } | Missing | Refused>;
  /** `changes` is the text of a JSON object, sent as it is. */
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

/** `validUntil` (an instant) and `caller`, as the service documents them. */
export type WriteOptions = Readonly<Partial<Record<'validUntil' | 'caller', string>>>;

/** The service does not have what the call names. */
export interface Missing {
  readonly kind: 'missing';
  readonly what: 'instance' | 'entity' | 'item' | 'partition';
  /** Of an entity: what there is that has a similar name. */
  readonly nearest?: readonly Named[];
}

/** The service did not like the call: `said` is its own sentence, one line of at most 300 characters. */
export interface Refused {
  readonly kind: 'call-refused';
  readonly said: string | undefined;
}

export interface Entity {
  /** What it is addressed by. */
  readonly entityId: string;
  readonly name: string;
  /** `profile`, `activity`, `unifiedactivity`, `segment`, …; lower case and open. */
  readonly entityType: string | undefined;
  readonly attributes: readonly Attribute[];
  /** The names of the columns of each key. */
  readonly keys: readonly (readonly string[])[];
}

/** A column. */
export interface Attribute {
  readonly name: string;
  readonly displayName: string;
  /** A type of OData, e.g. `Edm.String`; empty when the service names none. */
  readonly dataType: string;
}

export interface ItemPage {
  readonly kind: 'page';
  readonly items: readonly JsonObject[];
  /** Whether the service said that there is a next page. When it did not, there may be one all the same. */
  readonly hasNext: boolean;
}

export interface CreatedItem {
  readonly kind: 'created';
  /** `false`: accepted, and there in a while. */
  readonly isDone: boolean;
  /** As the service repeated it, when it did. */
  readonly item: JsonObject | undefined;
}

/** A part of an entity's data as the last refresh wrote it. */
export interface Partition {
  /** The name of the partition; its place in the list when partitions have no names of their own. */
  readonly partitionId: string;
}

/** In rows, without the header. */
export interface RowRange {
  readonly skip: number;
  readonly top: number;
}

export interface RowPage {
  readonly kind: 'rows';
  readonly rows: readonly JsonObject[];
  readonly hasMore: boolean;
}

/** The data is not CSV, or lies where this service does not read. `reason` is a sentence for people. */
export interface UnreadablePartition {
  readonly kind: 'unreadable';
  readonly reason: string;
}
