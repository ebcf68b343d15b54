import { randomBytes } from 'node:crypto';
import { startAzurite as startAzuriteOn, type Azurite as StartedAzurite } from '../../sandbox/azurite.ts';

/** Where an Azurite listens. All URLs end in the account's name, without a slash. */
export interface AzuriteEndpoints {
  readonly connectionString: string;
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
}

export interface Azurite extends AzuriteEndpoints, Pick<StartedAzurite, 'stop'> {}

const SHARED = 'SHARED_AZURITE_CONNECTION_STRING';

/** A new Azurite process, in memory, on free ports of the loopback address. It ends with this process at the latest. */
export async function startAzurite(): Promise<Azurite> {
  const { connectionString, stop } = await startAzuriteOn({ blob: 0, queue: 0, table: 0 });
  return { ...endpointsOf(connectionString), stop };
}

/**
 * The one Azurite of this Jest run, started by azurite-global-setup.ts. It is shared by all test files:
 * use `uniqueName` for every table and queue, and never stop it.
 */
export function sharedAzurite(): AzuriteEndpoints {
  const connectionString = process.env[SHARED];
  if (!connectionString) throw new Error('no shared Azurite: it is started by the globalSetup of jest.config.js');
  return endpointsOf(connectionString);
}

/** Makes `azurite` the one that `sharedAzurite` finds, in this process and in those started after. */
export function shareAzurite(azurite: AzuriteEndpoints): void {
  process.env[SHARED] = azurite.connectionString;
}

/** A name that no other test uses, valid for tables and queues: `prefix` (lower-case letters) and 12 hex digits. */
export function uniqueName(prefix: string): string {
  return prefix + randomBytes(6).toString('hex');
}

function endpointsOf(connectionString: string): AzuriteEndpoints {
  const url = (service: string): string => new RegExp(`${service}Endpoint=([^;]+)`).exec(connectionString)?.[1] ?? '';
  return { connectionString, blobUrl: url('Blob'), queueUrl: url('Queue'), tableUrl: url('Table') };
}
