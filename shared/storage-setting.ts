import { httpUrl } from './setting-parsers.ts';

/**
 * How the app connects to storage: with the keys in a connection string, or with its own identity
 * at two endpoints.
 */
export type StorageSetting =
  | { readonly connectionString: string }
  | {
      /** Neither URI has a slash at the end. */
      readonly queueServiceUri: string;
      readonly tableServiceUri: string;
    };

/**
 * The settings that say where storage is if there is no connection string. The Functions host reads
 * them too.
 */
const ACCOUNT_NAME = 'AzureWebJobsStorage__accountName';
const SERVICE_URIS = {
  queue: 'AzureWebJobsStorage__queueServiceUri',
  table: 'AzureWebJobsStorage__tableServiceUri',
} as const;

/**
 * Reads the settings of storage as the Functions host reads them (Azure/azure-functions-host,
 * `StorageServiceUriOptions.cs`). A connection string takes precedence over all others, and a
 * service's endpoint over the account name. An account name alone leads to the public cloud. The
 * host also needs `AzureWebJobsStorage__blobServiceUri`, but the app itself reads no blobs.
 */
export function storageSetting(
  environment: Readonly<Record<string, string | undefined>>,
):
  | { readonly kind: 'valid'; readonly storage: StorageSetting }
  | { readonly kind: 'invalid'; readonly faults: { readonly setting: string; readonly message: string }[] } {
  const textOf = (name: string): string => environment[name]?.trim() ?? '';
  const connectionString = textOf('AzureWebJobsStorage');
  if (connectionString !== '') {
    if (isConnectionString(connectionString)) return { kind: 'valid', storage: { connectionString } };
    return missing();
  }
  const accountName = textOf(ACCOUNT_NAME);
  const given = Object.values(SERVICE_URIS).filter((name) => textOf(name) !== '');
  if (accountName === '' && given.length === 0) return missing();

  const faults: { setting: string; message: string }[] = [];
  if (accountName !== '' && !/^[a-z0-9]{3,24}$/.test(accountName))
    faults.push({ setting: ACCOUNT_NAME, message: 'must have 3 to 24 lower-case letters and digits' });
  const endpointOf = (service: keyof typeof SERVICE_URIS): string => {
    const setting = SERVICE_URIS[service];
    const text = textOf(setting);
    if (text === '' && accountName !== '') return `https://${accountName}.${service}.core.windows.net`;
    if (text === '') {
      faults.push({ setting, message: `is required with ${given.join()}, unless ${ACCOUNT_NAME} is set` });
      return '';
    }
    try {
      const url = httpUrl(text);
      // The SDKs refuse to send an access token over http.
      if (url.startsWith('https:')) return url;
      faults.push({ setting, message: 'must be an https URL' });
    } catch (error) {
      faults.push({ setting, message: error instanceof Error ? error.message : 'is not valid' });
    }
    return '';
  };
  const storage = { queueServiceUri: endpointOf('queue'), tableServiceUri: endpointOf('table') };
  return faults.length === 0 ? { kind: 'valid', storage } : { kind: 'invalid', faults };
}

function missing(): ReturnType<typeof storageSetting> {
  const message = `must be a storage connection string (or use ${ACCOUNT_NAME})`;
  return { kind: 'invalid', faults: [{ setting: 'AzureWebJobsStorage', message }] };
}

/**
 * Whether the storage SDKs accept `text` as a connection string: `UseDevelopmentStorage=true`, an
 * account with its key, or endpoints with a shared access signature. The SDKs throw on anything
 * else, so the app would register no function.
 */
function isConnectionString(text: string): boolean {
  if (/^UseDevelopmentStorage=true;?$/.test(text)) return true;
  const pairs = text.split(';').filter((part) => part !== '');
  if (!pairs.every((pair) => /^[A-Za-z]+=./.test(pair))) return false;
  const valueOf = (name: string): string | undefined =>
    pairs
      .find((pair) => pair.startsWith(`${name}=`))
      ?.split('=')
      .slice(1)
      .join('=');
  const endpoints = ['BlobEndpoint', 'QueueEndpoint', 'TableEndpoint'].map(valueOf);
  if (!endpoints.every((endpoint) => endpoint === undefined || URL.canParse(endpoint))) return false;
  if (valueOf('SharedAccessSignature') !== undefined) return endpoints[1] !== undefined && endpoints[2] !== undefined;
  const key = valueOf('AccountKey') ?? '';
  if (!/^https?$/.test(valueOf('DefaultEndpointsProtocol') ?? '')) return false;
  return valueOf('AccountName') !== undefined && key !== '' && Buffer.from(key, 'base64').toString('base64') === key;
}
