import { allRows, readAllRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';

export const INSTANCES_TABLE = 'instances';
const PARTITION = 'instances';
const ID = /^[0-9a-f-]{36}$/;

export interface RegisteredInstance {
  readonly instanceId: string;
  /**
   * The ETag of the row, which every subscribe changes. To remove an instance, read its ETag first
   * and its subscriptions second. If a subscribe comes in between, the removal then conflicts.
   */
  readonly etag: string;
}

/** A page of instance ids. `next` is the last id of the page, present when there are more. */
export interface InstancePage {
  readonly instanceIds: readonly string[];
  readonly next?: string;
}

/** The instances that have subscriptions and are polled. */
export interface InstanceRegistry {
  /**
   * Adds an instance. Every subscribe calls this last, even for an instance that is already
   * registered.
   */
  register(instanceId: string): Promise<void>;
  list(): Promise<RegisteredInstance[]>;
  /**
   * Up to `limit` ids after `next`, in order. One storage request, and another for each page of
   * storage that is empty although it is not the last. Rejects with `RangeError` when `next` is not
   * an id.
   */
  page(page: { readonly limit: number; readonly next?: string }): Promise<InstancePage>;
  /** The ids of all instances, in order. */
  ids(): Promise<string[]>;
  /** Removes an instance unless it has been registered again since it was read. */
  remove(instance: RegisteredInstance): Promise<'removed' | 'conflict'>;
}

export function instanceRegistry(tables: Tables): InstanceRegistry {
  return {
    async register(instanceId) {
      await tables.write(INSTANCES_TABLE, [
        { kind: 'upsert', row: { partitionKey: PARTITION, rowKey: instanceId, v: 1 } },
      ]);
    },
    async list() {
      const rows = await readAllRows(tables, INSTANCES_TABLE, { partition: PARTITION });
      return rows.map(({ rowKey, etag }) => ({ instanceId: rowKey, etag }));
    },
    async page({ limit, next }) {
      if (next !== undefined && !ID.test(next)) throw new RangeError('next must be the id of an instance');
      // The first possible row key after `next`.
      const from = next === undefined ? {} : { from: `${next} ` };
      // One row more than the page needs shows whether there is another page. Only the keys are
      // used, so `select` names the shortest column.
      const query = { partition: PARTITION, select: ['v'], limit: limit + 1, ...from };
      let page = await tables.query(INSTANCES_TABLE, query);
      while (page.rows.length === 0 && page.next !== undefined) {
        page = await tables.query(INSTANCES_TABLE, { ...query, next: page.next });
      }
      const instanceIds = page.rows.slice(0, limit).map(({ rowKey }) => rowKey);
      const last = instanceIds.at(-1);
      // A page of storage may be short although there are more rows.
      const hasMore = page.rows.length > limit || page.next !== undefined;
      return { instanceIds, ...(hasMore && last !== undefined && { next: last }) };
    },
    async ids() {
      const ids: string[] = [];
      const rows = allRows(tables, INSTANCES_TABLE, { partition: PARTITION, select: ['v'] });
      for await (const { rowKey } of rows) ids.push(rowKey);
      return ids;
    },
    async remove({ instanceId, etag }) {
      const row = { partitionKey: PARTITION, rowKey: instanceId };
      const result = await tables.write(INSTANCES_TABLE, [{ kind: 'delete', row, etag }]);
      return result.kind === 'written' ? 'removed' : 'conflict';
    },
  };
}
