import { allRows, readAllRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';

export const INSTANCES_TABLE = 'instances';
const PARTITION = 'instances';

export interface RegisteredInstance {
  readonly instanceId: string;
  /** Changes with every subscribe: who removes the instance must have read it before looking for subscriptions. */
  readonly etag: string;
}

/** The instances that are polled: those with subscriptions. */
export interface InstanceRegistry {
  /** Written last by every subscribe, also when it is there already. */
  register(instanceId: string): Promise<void>;
  list(): Promise<RegisteredInstance[]>;
  /** The same without what removing them needs, for those who only name them. In the order of the ids. */
  ids(): Promise<string[]>;
  /** Removes the instance unless it was registered again since it was read. */
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
