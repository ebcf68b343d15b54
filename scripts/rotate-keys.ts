import { readFile } from 'node:fs/promises';
import { parseLocalSettings } from '../sandbox/functions-host/host-settings.ts';
import { createAzureTables } from '../shared/azure/azure-tables.ts';
import { openStorageClients } from '../shared/azure/storage-clients.ts';
import { readConfig } from '../shared/config.ts';
import { callbackCipher } from '../shared/subscriptions/callback-cipher.ts';
import { rotateCallbacks } from '../shared/subscriptions/rotate-callbacks.ts';
import { readCommandLine } from './command-line.ts';

const usage = `npm run rotate-keys

Encrypts every stored callback URL with the first of CALLBACK_ENCRYPTION_KEYS, so that the other keys can be removed. Exits with 1 when a URL
cannot be decrypted. Reads the app's settings from the environment, then from local.settings.json in the current folder.`;

/**
 * Settings from the environment, then from local.settings.json in the current folder, as the local
 * host reads them. But when the environment names a storage, also by account name, the connection
 * string of the file is ignored. Otherwise the keys of another storage would be rotated.
 */
async function readSettings(): Promise<Record<string, string | undefined>> {
  const text = await readFile('local.settings.json', 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  const { values } = parseLocalSettings(text);
  const namesStorage = Object.keys(process.env).some((name) => /^AzureWebJobsStorage(__|$)/.test(name));
  return { ...values, ...(namesStorage && { AzureWebJobsStorage: undefined }), ...process.env };
}

async function main(): Promise<number> {
  const read = readConfig(await readSettings());
  if (read.kind === 'invalid') {
    for (const { setting, message } of read.faults) console.error(`${setting} ${message}`);
    return 1;
  }
  const { storage, encryptionKeys } = read.config;
  const clients = openStorageClients({ account: storage });
  const tables = createAzureTables({ clients });
  const { rewritten, alreadyNew, unopened } = await rotateCallbacks({ tables, cipher: callbackCipher(encryptionKeys) });
  for (const { subscription, reason } of unopened) console.error(`${subscription}: ${reason}`);
  const first = encryptionKeys[0]?.kid ?? '';
  // Its query would contain a signature.
  const { origin, pathname } = new URL(clients.tableService.url);
  const where = `${origin}${pathname}`;
  console.log(
    `Callback URLs in ${where} encrypted with the key ${first}: ${rewritten} rewritten, ${alreadyNew} already new.`,
  );
  if (unopened.length === 0) return 0;
  console.error(`${unopened.length} could not be decrypted and were left unchanged. Keep the other keys.`);
  return 1;
}

readCommandLine(usage, {});
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
