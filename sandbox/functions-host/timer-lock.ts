import { TableClient, RestError } from '@azure/data-tables';
import type { Clock } from '../../shared/clock.ts';

/** Decides which of several hosts of one app runs a timer. The real host uses a blob lease. */
export interface TimerLock {
  /**
   * Whether this host may run the timer now. Takes or keeps the lock when possible. Rejects when
   * storage does not respond.
   */
  mayRun(timer: string): Promise<boolean>;
  /** Releases all locks of this host. Never rejects. */
  release(): Promise<void>;
}

/** For a host without storage, which runs alone. */
export const noTimerLock: TimerLock = { mayRun: () => Promise.resolve(true), release: () => Promise.resolve() };

const TABLE = 'azurewebjobslocks';
/** Without retries of the SDK, because the next occurrence tries again. */
const clientOptions = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

/**
 * A lock is a row with its owner and its end. At an occurrence, the first host takes a lock that is
 * free, its own or expired. After the owner has died, the other hosts wait until the lock expires,
 * as with the real host.
 */
export function createTimerLock(options: {
  readonly connectionString: string;
  /** The same for all hosts of one app and different for other apps. */
  readonly hostId: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly clock: Pick<Clock, 'now'>;
}): TimerLock {
  const { connectionString, hostId, owner, leaseMs, clock } = options;
  let client: TableClient | undefined;
  // Created only when needed, so that a host with an invalid storage setting still responds to
  // HTTP.
  const lockTable = (): TableClient =>
    (client ??= TableClient.fromConnectionString(connectionString, TABLE, clientOptions));
  const held = new Map<string, { row: LockRow; etag: string }>();

  const insert = async (row: LockRow): Promise<string | undefined> =>
    (await unlessTaken(() => lockTable().createEntity(row)))?.etag;
  const take = async (row: LockRow): Promise<string | undefined> => {
    const own = held.get(row.rowKey);
    if (own) return (await unlessTaken(() => lockTable().updateEntity(row, 'Replace', { etag: own.etag })))?.etag;
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

  /**
   * The response. `undefined` when another host was faster or the row is gone. Creates the table
   * when it is missing.
   */
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
