import { createAzureTables } from '../shared/azure/azure-tables.ts';
import { openStorageClients } from '../shared/azure/storage-clients.ts';
import { allRows } from '../shared/storage/all-rows.ts';
import { storageSetting } from '../shared/storage-setting.ts';
import type { Tables, Write } from '../shared/storage/tables.ts';
import { readCommandLine, refuseCommandLine } from './command-line.ts';

const usage = `npm run copy-tables -- --from ACCOUNT --to ACCOUNT

Copies what the app has stored from one storage account to another: a backup, the way back, or a move. What is in the other account stays
where nothing takes its place. May be repeated. Subscriptions go last but one and instances last: nothing is polled before its rows are there.

  --from ACCOUNT   the name of a storage account, reached with your own sign-in, or its connection string
  --to ACCOUNT     the same of the other one`;

/**
 * In this order; the tables of activity come before them. Windows of rate limits are of the moment,
 * and no message is needed.
 */
const TABLES = ['state', 'work', 'recoveries', 'connections', 'subscriptions', 'instances'];
/** Rows of one transaction. */
const AT_ONCE = 100;

function tablesOf(account: string): Tables {
  const setting = account.includes('=') ? 'AzureWebJobsStorage' : 'AzureWebJobsStorage__accountName';
  const read = storageSetting({ [setting]: account });
  // What is at fault is said without repeating it: a connection string is a secret.
  if (read.kind === 'invalid')
    return refuseCommandLine(`An account ${read.faults.map(({ message }) => message).join('; ')}.`, usage);
  return createAzureTables({ clients: openStorageClients({ account: read.storage }) });
}

/** Copies one table; resolves with the number of its rows. */
async function copyTable(from: Tables, to: Tables, table: string): Promise<number> {
  let copied = 0;
  let writes: Write[] = [];
  const flush = async (): Promise<void> => {
    const [first, ...others] = writes;
    if (first === undefined) return;
    await to.write(table, [first, ...others]);
    copied += writes.length;
    writes = [];
  };
  for await (const { partitionKey, rowKey, values } of allRows(from, table, { partition: { from: '', to: '~' } })) {
    const partition = writes[0]?.row.partitionKey ?? partitionKey;
    if (partition !== partitionKey || writes.length === AT_ONCE) await flush();
    writes.push({ kind: 'upsert', row: { ...values, partitionKey, rowKey } });
  }
  await flush();
  return copied;
}

const { values } = readCommandLine(usage, { from: { type: 'string' }, to: { type: 'string' } });
if (!values.from || !values.to || values.from === values.to)
  refuseCommandLine('--from and --to must name two accounts.', usage);
else {
  const [from, to] = [tablesOf(values.from), tablesOf(values.to)];
  for (const table of [...(await from.tableNames('activity')), ...(await from.tableNames('audit')), ...TABLES])
    console.log(`${table}: ${await copyTable(from, to, table)} rows`);
}
