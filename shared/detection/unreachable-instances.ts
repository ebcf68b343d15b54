import { readAllRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';

/**
 * Which instances have a list that cannot be read, so that the health check needs one request,
 * however many instances there are. The state of each instance says the same and decides.
 */
export interface UnreachableInstances {
  /** Called by each poll that fails to read a list. One storage request. */
  add(instanceId: string, since: string): Promise<void>;
  /** One storage request. Does nothing for an instance that is not among them. */
  remove(instanceId: string): Promise<void>;
  /**
   * Removes those that are not polled any more. One storage request, and one for each that is
   * removed.
   */
  keepOnly(isPolled: (instanceId: string) => boolean): Promise<void>;
  /**
   * Since when the first of them has been unreachable. `undefined` when all are reachable. One
   * storage request.
   */
  since(): Promise<string | undefined>;
}

const TABLE = 'health';
const PARTITION = 'unreachable';
/**
 * Rows of one storage request. Beyond that many unreachable instances, `since` may be a later one.
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
      const rows = await readAllRows(tables, TABLE, { partition: PARTITION, select: ['v'] });
      await Promise.all(rows.filter(({ rowKey }) => !isPolled(rowKey)).map(({ rowKey }) => remove(rowKey)));
    },
    async since() {
      const { rows } = await tables.query(TABLE, { partition: PARTITION, limit: MAX_READ });
      return rows.map(({ values }) => String(values['since'])).sort()[0];
    },
  };
}
