import { allRows, readAllRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';

export const INSTANCES_TABLE = 'instances';
const PARTITION = 'instances';

export interface RegisteredInstance {
  readonly instanceId: string;
  /**
   * The ETag of the row, which every subscribe changes. Before removing an instance, read its ETag
   * first and its subscriptions second.
   */
  readonly etag: string;
}

/** The instances that have subscriptions and are polled. */
export interface InstanceRegistry {
  /** Every subscribe calls this last, even for an instance that is already registered. */
  register(instanceId: string): Promise<void>;
  list(): Promise<RegisteredInstance[]>;
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
