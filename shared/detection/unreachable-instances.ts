import { readAllRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';

/**
 * An index of the instances that have a list that cannot be read. With it, the health check takes
 * one storage request, however many instances there are. If the index and the state of an instance
 * differ, the state is right.
 */
export interface UnreachableInstances {
  /** Called by each poll that cannot read a list. Takes one storage request. */
  add(instanceId: string, since: string): Promise<void>;
  /** Does nothing for an instance that is not in the index. Takes one storage request. */
  remove(instanceId: string): Promise<void>;
  /**
   * Removes the instances for which `isPolled` returns false from the index. Takes one storage
   * request, and one more for each removed instance.
   */
  keepOnly(isPolled: (instanceId: string) => boolean): Promise<void>;
  /**
   * The earliest time since which an instance in the index has been unreachable. `undefined` when
   * the index is empty. Takes one storage request.
   */
  since(): Promise<string | undefined>;
}

const TABLE = 'health';
const PARTITION = 'unreachable';
/**
 * Maximum number of rows in one storage request. If more instances are unreachable, `since` may
 * miss the earliest time.
 */
const MAX_READ = 1_000;

export function unreachableInstances(tables: Tables): UnreachableInstances {
  const remove = async (instanceId: string): Promise<void> => {
    const row = { partitionKey: PARTITION, rowKey: instanceId };
    await tables.write(TABLE, [{ kind: 'delete', row, etag: '*' }]);
  };
  return {
    async add(instanceId, since) {
      await tables.write(TABLE, [
        { kind: 'upsert', row: { partitionKey: PARTITION, rowKey: instanceId, v: 1, since } },
      ]);
    },
    remove,
    async keepOnly(isPolled) {
      // Only the keys matter. Of the other columns, only the format version (`v`) is read.
      const rows = await readAllRows(tables, TABLE, { partition: PARTITION, select: ['v'] });
      await Promise.all(rows.filter(({ rowKey }) => !isPolled(rowKey)).map(({ rowKey }) => remove(rowKey)));
    },
    async since() {
      const { rows } = await tables.query(TABLE, { partition: PARTITION, limit: MAX_READ });
      return rows.map(({ values }) => String(values['since'])).sort()[0];
    },
  };
}
