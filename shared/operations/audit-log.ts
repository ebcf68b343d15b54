import { activityDroppedAtMs } from '../deliveries/lifetimes.ts';
import { eventKeyAt, instantOfKey, monthOf } from '../events/event-id.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { newEtag, type Row, type StoredRow, type Tables } from '../storage/tables.ts';
import type { PageRequest } from './newest-rows.ts';
import type { AuditResponse } from './operator-responses.ts';

/** An action that an operator is about to take. */
export interface OperatorAction {
  /** The name of the operator key, or the object id of the signed-in account. */
  readonly operator: string;
  /** The name of the function, as in the log. */
  readonly action: string;
  /** The ids in the path of the request. */
  readonly target?: string | undefined;
  /** The body of the call, if it is valid. A valid body contains no secret. */
  readonly body?: unknown;
}

/** A stored entry whose action has begun and has no result yet. */
export interface BegunEntry {
  readonly row: Row;
  readonly etag: string;
}

/** The HTTP status of the response to an action, and the problem code of a refusal. */
export interface ActionResult {
  readonly status: number;
  readonly code?: string | undefined;
  /** The recovery that the action started, or that runs already for the same request. */
  readonly recoveryId?: string | undefined;
}

/** The log of all operator actions, newest first. Entries are kept for `RETENTION_MONTHS`. */
export interface AuditLog {
  /**
   * Stores an entry without a result. Call this before the action. If it rejects, the action must
   * not happen.
   */
  begin(action: OperatorAction): Promise<BegunEntry>;
  /** Adds the result. If an entry never gets a result, its action failed or its process crashed. */
  finish(entry: BegunEntry, result: ActionResult): Promise<void>;
  /**
   * Lists one page of entries. Makes one storage request for each month that the page covers.
   * Rejects with `RangeError` when `next` is malformed.
   */
  list(filter: { readonly sinceMs?: number | undefined }, page: PageRequest): Promise<AuditPage>;
}

export interface AuditPage {
  readonly entries: AuditResponse[];
  readonly next?: string;
}

export interface AuditPorts {
  readonly tables: Tables;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'token'>;
}

const PREFIX = 'audit';
const PARTITION = 'audit';
const VERSION = 1;
/** Maximum length of a stored body. A longer body is cut. */
const MAX_BODY = 1_024;
/**
 * The format of an entry's id: the reversed time, so that rows sort newest first, and a random
 * part.
 */
const ID = /^[0-9a-z]{9}[A-Za-z0-9_-]{12}$/;

export function auditLog({ tables, clock, random }: AuditPorts): AuditLog {
  return {
    async begin({ operator, action, target = '', body }) {
      const nowMs = clock.now();
      const row = {
        partitionKey: PARTITION,
        rowKey: eventKeyAt(nowMs) + random.token(9),
        v: VERSION,
        operator,
        action,
        ...(target !== '' && { target }),
        ...(body !== undefined && { body: JSON.stringify(body).slice(0, MAX_BODY) }),
      };
      const result = await tables.write(auditTable(monthOf(nowMs)), [{ kind: 'insert', row }]);
      // The key is random, so a conflict means that the storage client has repeated this same write
      // and nobody else can have changed the row. `*` matches any ETag.
      return { row, etag: result.kind === 'written' ? newEtag(result) : '*' };
    },
    async finish({ row, etag }, { status, code, recoveryId }) {
      const table = auditTable(monthOf(instantOfKey(row.rowKey)));
      await tables.write(table, [{ kind: 'replace', row: { ...row, status, code, recoveryId }, etag }]);
    },
    async list({ sinceMs = 0 }, { limit, next }) {
      if (next !== undefined && !ID.test(next)) throw new RangeError('next must come from an earlier page');
      const last = next === undefined ? '~' : monthOf(instantOfKey(next));
      const months = (await auditMonths(tables)).filter((month) => month >= monthOf(sinceMs) && month <= last);
      const rows: StoredRow[] = [];
      for (const month of months.toReversed()) {
        const range = {
          partition: PARTITION,
          to: `${eventKeyAt(sinceMs)}~`,
          ...(next !== undefined && { from: `${next} ` }),
        };
        let token: string | undefined;
        do {
          const rest = { limit: limit - rows.length, ...(token !== undefined && { next: token }) };
          const page = await tables.query(auditTable(month), { ...range, ...rest });
          rows.push(...page.rows);
          token = page.next;
        } while (token !== undefined && rows.length < limit);
        if (rows.length >= limit) break;
      }
      const lastKey = rows.length >= limit ? rows.at(-1)?.rowKey : undefined;
      return { entries: rows.map(entryOfRow), ...(lastKey !== undefined && { next: lastKey }) };
    },
  };
}

function auditTable(month: string): string {
  return `${PREFIX}${month}`;
}

/** The months that have an audit table, as `yyyymm`, oldest first. One storage request. */
async function auditMonths(tables: Pick<Tables, 'tableNames'>): Promise<string[]> {
  const names = await tables.tableNames(PREFIX);
  return names.map((name) => name.slice(PREFIX.length)).filter((month) => /^\d{6}$/.test(month));
}

/** Drops the audit tables that are older than `retentionMonths` whole months. Reads no rows. */
export async function dropOldAudit({
  tables,
  clock,
  retentionMonths,
}: Pick<AuditPorts, 'tables' | 'clock'> & { readonly retentionMonths: number }): Promise<void> {
  for (const month of await auditMonths(tables)) {
    const startsMs = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)) - 1, 1);
    if (clock.now() >= activityDroppedAtMs(startsMs, retentionMonths)) await tables.dropTable(auditTable(month));
  }
}

function entryOfRow({ rowKey, values }: StoredRow): AuditResponse {
  const { operator, action, target, body, status, code, recoveryId } = values;
  return {
    id: rowKey,
    at: new Date(instantOfKey(rowKey)).toISOString(),
    operator: String(operator),
    action: String(action),
    ...(target !== undefined && { target: String(target) }),
    ...(body !== undefined && { body: String(body) }),
    result: status === undefined ? 'unknown' : Number(status) < 400 ? 'done' : 'refused',
    ...(status !== undefined && { status: Number(status) }),
    ...(code !== undefined && { code: String(code) }),
    ...(recoveryId !== undefined && { recoveryId: String(recoveryId) }),
  };
}
