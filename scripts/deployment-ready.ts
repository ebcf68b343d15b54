import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readCommandLine } from './command-line.ts';

const usage = `node scripts/deployment-ready.ts --roles | --health

Waits until what was just provisioned can be used; \`azd up\` runs it before and after it deploys the app.

  --roles    until the app's identity reads the vault: new role assignments take minutes to take effect
  --health   until the deployed app answers GET api/health with 200

Reads AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, APP_NAME and HEALTH_URL, as azd sets them. Gives up after ten minutes.`;

/**
 * Role assignments usually take up to ten minutes
 * (learn.microsoft.com/azure/role-based-access-control/troubleshooting, "Symptom - Role assignment
 * changes are not being detected").
 */
const PATIENCE_MS = Number(process.env['READY_PATIENCE_MS'] ?? 600_000);
const PAUSE_MS = Number(process.env['READY_PAUSE_MS'] ?? 15_000);
const API_VERSION = '2022-03-01';

/** What is still missing, in words; undefined when nothing is. */
type Check = () => Promise<string | undefined>;

/** Answers what was missing at last when the patience is used up. */
async function until(check: Check): Promise<string | undefined> {
  const end = Date.now() + PATIENCE_MS;
  let said: string | undefined;
  for (;;) {
    const missing = await check();
    if (missing === undefined || Date.now() + PAUSE_MS > end) return missing;
    if (missing !== said) console.log(`Waiting: ${missing}`);
    said = missing;
    await wait(PAUSE_MS);
  }
}

function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this by azd, or with the values of \`azd env get-values\`.`);
  return value;
}

/**
 * Whether the references of the app's settings to the vault are resolved. Those that are not are
 * asked for again.
 */
function rolesCheck(): Check {
  const app = `/subscriptions/${environment('AZURE_SUBSCRIPTION_ID')}/resourceGroups/${environment('AZURE_RESOURCE_GROUP')}/providers/Microsoft.Web/sites/${environment('APP_NAME')}`;
  const references = `${app}/config/configreferences/appsettings`;
  return async () => {
    const { value } = JSON.parse(await azRest('get', `${references}?api-version=${API_VERSION}`)) as References;
    const unresolved = value.filter(({ properties }) => properties.status !== 'Resolved');
    if (unresolved.length === 0) return undefined;
    await azRest('post', `${references}/refresh?api-version=${API_VERSION}`);
    const statuses = [...new Set(unresolved.map(({ properties }) => properties.status))];
    return `${unresolved.length} of ${value.length} settings could not be read from the vault yet (${statuses.join(', ')})`;
  };
}

interface References {
  readonly value: readonly { readonly properties: { readonly status: string } }[];
}

async function azRest(method: 'get' | 'post', url: string): Promise<string> {
  const args = ['rest', '--method', method, '--url', url, '--output', 'json'];
  const { stdout } = await promisify(execFile)('az', args, { shell: process.platform === 'win32' });
  return stdout;
}

function healthCheck(): Check {
  const url = environment('HEALTH_URL');
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
      if (response.status === 200) return undefined;
      const { detail } = (await response.json().catch(() => ({}))) as { detail?: string };
      return `${url} answers ${response.status}${detail === undefined ? '' : `: ${detail}`}`;
    } catch (error) {
      return `${url} gives no answer: ${error instanceof Error ? error.message : String(error)}`;
    }
  };
}

async function main(): Promise<number> {
  const { values } = readCommandLine(usage, { roles: { type: 'boolean' }, health: { type: 'boolean' } });
  if (values.roles === values.health) throw new Error(usage);
  const missing = await until(values.roles ? rolesCheck() : healthCheck());
  if (missing === undefined) return 0;
  console.error(`Not ready: ${missing}. See "403 and 503 after the first deployment" in docs/deploy.md.`);
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as { stderr?: string }).stderr || (error instanceof Error ? error.message : error));
  process.exitCode = 1;
}
