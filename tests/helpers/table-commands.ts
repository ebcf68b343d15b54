import fc from 'fast-check';
import type { RowQuery, StoredRow, Tables, Write } from '../../shared/storage/tables.ts';
import { anyNumber } from './arbitrary-rows.ts';
import { drain } from './rows.ts';

interface WriteCommand {
  readonly kind: Write['kind'];
  readonly rowKey: string;
  readonly n: number;
  readonly condition: 'current' | 'stale' | '*';
}

/**
 * Something to ask of any `Tables`, without what differs between them: etags are described by what
 * they stand for.
 */
export type TableCommand =
  | { readonly kind: 'write'; readonly partitionKey: string; readonly writes: readonly WriteCommand[] }
  | { readonly kind: 'get'; readonly partitionKey: string; readonly rowKey: string }
  | { readonly kind: 'query'; readonly query: RowQuery }
  | { readonly kind: 'drop' };

/** An etag that no row ever has. */
const NO_ROWS_ETAG = `W/"datetime'2000-01-01T00%3A00%3A00.0000000Z'"`;

const partitionKey = fc.constantFrom('p', 'q');
const rowKey = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const bounds = { from: fc.option(rowKey, { nil: undefined }), to: fc.option(rowKey, { nil: undefined }) };

/** Commands about few rows, so that they meet. */
export function anyTableCommands(): fc.Arbitrary<TableCommand[]> {
  const write = fc.record<WriteCommand>({
    kind: fc.constantFrom('insert', 'replace', 'upsert', 'delete'),
    rowKey,
    n: fc.oneof(fc.constantFrom(1, 2), anyNumber()),
    condition: fc.constantFrom('current', 'current', 'stale', '*'),
  });
  const writes = fc.uniqueArray(write, { selector: (each) => each.rowKey, minLength: 1, maxLength: 4 });
  const query = fc
    .record({
      partition: fc.oneof(partitionKey, fc.constantFrom({ from: 'p', to: 'q' }, { from: 'p', to: 'r' })),
      ...bounds,
      where: fc.option(fc.constantFrom({ n: 1 }, { n: 2 }, { text: 'is 1' }), { nil: undefined }),
      select: fc.option(fc.constantFrom(['n'], ['text', 'absent']), { nil: undefined }),
      limit: fc.integer({ min: 1, max: 4 }),
    })
    .map(
      (fields) =>
        Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as RowQuery,
    );
  return fc.array(
    fc.oneof(
      { weight: 20, arbitrary: fc.record({ kind: fc.constant('write' as const), partitionKey, writes }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('get' as const), partitionKey, rowKey }) },
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('query' as const), query }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'drop' as const }) },
    ),
    { minLength: 10, maxLength: 40 },
  );
}

/**
 * What `tables` answers to the commands one after the other, without what may differ between
 * implementations.
 */
export async function answers(tables: Tables, table: string, commands: readonly TableCommand[]): Promise<unknown[]> {
  const firstEtags = new Map<string, string>();
  const log: unknown[] = [];

  const toWrite = async (partition: string, { kind, rowKey: key, n, condition }: WriteCommand): Promise<Write> => {
    const row = { partitionKey: partition, rowKey: key, n, text: `is ${n}` };
    if (kind === 'insert' || kind === 'upsert') return { kind, row };
    const current = (await tables.get(table, partition, key))?.etag ?? NO_ROWS_ETAG;
    const first = firstEtags.get(partition + key) ?? NO_ROWS_ETAG;
    const stale = first === current ? NO_ROWS_ETAG : first;
    return { kind, row, etag: { current, stale, '*': '*' }[condition] };
  };

  for (const command of commands) {
    if (command.kind === 'write') {
      const [first, ...rest] = await Promise.all(command.writes.map((write) => toWrite(command.partitionKey, write)));
      if (!first) continue;
      const result = await tables.write(table, [first, ...rest]);
      log.push(result.kind === 'written' ? result.etags.map((etag) => etag !== undefined) : result);
      if (result.kind === 'conflict') continue;
      for (const [index, { rowKey: key }] of command.writes.entries()) {
        if (!firstEtags.has(command.partitionKey + key))
          firstEtags.set(command.partitionKey + key, result.etags[index] ?? NO_ROWS_ETAG);
      }
    } else if (command.kind === 'get') {
      log.push((await tables.get(table, command.partitionKey, command.rowKey))?.values ?? 'none');
    } else if (command.kind === 'query') {
      log.push((await drain(tables, table, command.query)).map(withoutEtag));
    } else {
      await tables.dropTable(table);
    }
  }
  const left = await drain(tables, table, { partition: { from: '', to: '~' } });
  return [...log, left.map(withoutEtag), (await tables.tableNames(table)).length];
}

function withoutEtag({ partitionKey: partition, rowKey: key, values }: StoredRow): unknown {
  return [partition, key, values];
}
