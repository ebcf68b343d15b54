import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAzurite as startAzuriteOn, type Azurite as StartedAzurite } from '../../sandbox/azurite.ts';

/** Where an Azurite listens. All URLs end in the account's name, without a slash. */
export interface AzuriteEndpoints {
  readonly connectionString: string;
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
}

export interface Azurite extends AzuriteEndpoints, Pick<StartedAzurite, 'stop'> {}

/**
 * The Azurite of this run, as text in the environment: Jest's workers are processes of their own.
 */
interface SharedAzurite {
  readonly connectionString: string;
  /** A folder in which an account that is taken has a folder of its name. */
  readonly taken: string;
}

const SHARED = 'SHARED_AZURITE';
const DEFAULT_ACCOUNT = 'devstoreaccount1';
/** More than files of tests take; Azurite has to know them when it starts. */
const ACCOUNTS = Array.from({ length: 500 }, (_, index) => `tests${index}`);

/**
 * A new Azurite process, in memory, on free ports of the loopback address. It ends with this
 * process at the latest.
 */
export async function startAzurite(): Promise<Azurite> {
  const { connectionString, stop } = await startAzuriteOn({ blob: 0, queue: 0, table: 0 });
  return { ...endpointsOf(connectionString), stop };
}

/**
 * The one Azurite of this Jest run, started by azurite-global-setup.ts. It is shared by all test
 * files: use `uniqueName` for every table and queue.
 */
export function sharedAzurite(): AzuriteEndpoints {
  return endpointsOf(shared().connectionString);
}

/**
 * An account of the Azurite of this run that nobody else has: without queues and tables, and much
 * faster than an Azurite of its own. For code whose tables have fixed names.
 */
export function ownAccount(): AzuriteEndpoints {
  const { connectionString, taken } = shared();
  for (const account of ACCOUNTS) {
    try {
      mkdirSync(path.join(taken, account));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      continue;
    }
    return endpointsOf(connectionString.replaceAll(DEFAULT_ACCOUNT, account));
  }
  throw new Error(`all ${ACCOUNTS.length} accounts are taken: raise their number in tests/helpers/azurite.ts`);
}

/**
 * Starts the Azurite that `sharedAzurite` and `ownAccount` find, in this process and in those
 * started after.
 */
export async function startSharedAzurite(): Promise<Pick<Azurite, 'stop'>> {
  const { connectionString, stop } = await startAzuriteOn({ blob: 0, queue: 0, table: 0 }, { accounts: ACCOUNTS });
  const taken = mkdtempSync(path.join(tmpdir(), 'azurite-accounts-'));
  process.env[SHARED] = JSON.stringify({ connectionString, taken } satisfies SharedAzurite);
  return {
    stop: async () => {
      await stop();
      rmSync(taken, { recursive: true });
    },
  };
}

function shared(): SharedAzurite {
  const text = process.env[SHARED];
  if (!text) throw new Error('no shared Azurite: it is started by the globalSetup of jest.config.js');
  return JSON.parse(text) as SharedAzurite;
}

/**
 * A name that no other test uses, valid for tables and queues: `prefix` (lower-case letters) and 12
 * hex digits.
 */
export function uniqueName(prefix: string): string {
  return prefix + randomBytes(6).toString('hex');
}

function endpointsOf(connectionString: string): AzuriteEndpoints {
  const url = (service: string): string => new RegExp(`${service}Endpoint=([^;]+)`).exec(connectionString)?.[1] ?? '';
  return { connectionString, blobUrl: url('Blob'), queueUrl: url('Queue'), tableUrl: url('Table') };
}
