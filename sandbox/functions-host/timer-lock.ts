import { TableClient, RestError } from '@azure/data-tables';
import type { Clock } from '../../shared/clock.ts';

/** Decides which of several hosts of one app runs a timer: the real host has a blob lease for it. */
export interface TimerLock {
  /** Whether this host may run the timer now. Takes the lock or keeps it when it can. Rejects when storage gives no answer. */
  mayRun(timer: string): Promise<boolean>;
  /** Gives up all locks that this host has. Never rejects. */
  release(): Promise<void>;
}

/** For a host without storage, which is alone. */
export const noTimerLock: TimerLock = { mayRun: () => Promise.resolve(true), release: () => Promise.resolve() };

const TABLE = 'azurewebjobslocks';
/** No retries inside the SDK: the next occurrence is the next try. */
const clientOptions = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

/**
 * A lock is a row: its owner, and until when. Whoever comes first at an occurrence takes it, when it is free, its own or has run out; after the
 * owner's death the others wait for its end, as with the real host.
 */
export function createTimerLock(options: {
  readonly connectionString: string;
  /** What hosts of one app have in common, and others do not. */
  readonly hostId: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly clock: Pick<Clock, 'now'>;
}): TimerLock {
  const { connectionString, hostId, owner, leaseMs, clock } = options;
  let client: TableClient | undefined;
  // Not before it is needed: a host whose storage is no storage answers HTTP all the same.
  const lockTable = (): TableClient =>
    (client ??= TableClient.fromConnectionString(connectionString, TABLE, clientOptions));
  const held = new Map<string, { row: LockRow; etag: string }>();

  const insert = async (row: LockRow): Promise<string | undefined> =>
    (await unlessTaken(() => lockTable().createEntity(row)))?.etag;
  const take = async (row: LockRow): Promise<string | undefined> => {
    const mine = held.get(row.rowKey);
    if (mine) return (await unlessTaken(() => lockTable().updateEntity(row, 'Replace', { etag: mine.etag })))?.etag;
    const inserted = await insert(row);
    if (inserted !== undefined) return inserted;
    const found = await unlessTaken(() => lockTable().getEntity<LockRow>(row.partitionKey, row.rowKey));
    if (found === undefined || found.untilMs > clock.now()) return undefined;
    return (await unlessTaken(() => lockTable().updateEntity(row, 'Replace', { etag: found.etag })))?.etag;
  };

  return {
    async mayRun(timer) {
      const row = { partitionKey: hostId, rowKey: timer, owner, untilMs: clock.now() + leaseMs };
      const etag = await take(row);
      if (etag === undefined) held.delete(timer);
      else held.set(timer, { row, etag });
      return etag !== undefined;
    },
    async release() {
      const given = [...held.values()].map(({ row, etag }) =>
        lockTable()
          .deleteEntity(row.partitionKey, row.rowKey, { etag })
          .catch(() => undefined),
      );
      held.clear();
      await Promise.all(given);
    },
  };

  /** The answer; undefined when somebody else was there before, or the row is gone. Makes the table when there is none. */
  async function unlessTaken<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RestError) || error.statusCode === undefined) throw error;
      if (/TableNotFound/.test(error.code ?? error.message)) {
        await lockTable().createTable();
        return unlessTaken(request);
      }
      if ([404, 409, 412].includes(error.statusCode)) return undefined;
      throw error;
    }
  }
}

interface LockRow {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly owner: string;
  readonly untilMs: number;
}
