import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { readCommandLine } from '../scripts/command-line.ts';
import { systemClock } from '../shared/clock.ts';
import { systemRandom } from '../shared/random.ts';
import { checkHealth } from './functions-host/check-health.ts';
import { runFunctionsHost, type RunningHost } from './functions-host/functions-host.ts';
import { createHostLog } from './functions-host/host-log.ts';
import { HostStartError, parseHostSettings, parseLocalSettings } from './functions-host/host-settings.ts';
import { parseHostKeys } from './functions-host/keys.ts';

/** How long a health check may delay the line that says the host is ready. */
const HEALTH_WAIT_MS = 2000;

const usage = `Runs the functions app in the current folder on this machine.

  --port N             port to listen on, 0 for any free port (default: Host.LocalHttpPort, else 7071)
  --enable-auth        enforce the keys in HOST_KEYS, a list of name:key with the master key _master
  --lease-seconds N    how long a received queue message is hidden from others (default 600)
  --grace-seconds N    how long running work may take after SIGTERM (default 10)
  --verbose            log every invocation, and debug lines`;

async function main(): Promise<void> {
  const { values: args } = readCommandLine(usage, {
    port: { type: 'string' },
    'enable-auth': { type: 'boolean', default: false },
    'lease-seconds': { type: 'string' },
    'grace-seconds': { type: 'string' },
    verbose: { type: 'boolean', default: false },
  });
  const appDirectory = process.cwd();
  const local = parseLocalSettings((await readIfThere(path.join(appDirectory, 'local.settings.json'))) ?? '{}');
  const defaults = { ...local.values, FUNCTIONS_WORKER_RUNTIME: 'node', AZURE_FUNCTIONS_ENVIRONMENT: 'Development' };
  for (const [name, value] of Object.entries(defaults)) process.env[name] ??= value;
  const hostJson = (await readIfThere(path.join(appDirectory, 'host.json'))) ?? '{"version": "2.0"}';

  const keys = args['enable-auth'] ? parseHostKeys(process.env['HOST_KEYS'] ?? '') : undefined;
  const log = createHostLog({ write: console.log, now: () => systemClock.now(), verbose: args.verbose });
  if (keys?.size === 0)
    log('warning', 'host', 'HOST_KEYS contains no key, so no function that requires a key can be called.');
  const settings = parseHostSettings(hostJson, { processors: availableParallelism(), environment: process.env });
  const running = Promise.withResolvers<RunningHost>();
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= running.promise.then((host) => host.stop()).then(() => process.exit(0));
  };
  // Registered before the app is loaded, because the app handles signals itself only where no host
  // ends the process.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The program that started this host has ended. Without it nothing would ever stop this host.
  process.on('disconnect', stop);
  const host = await runFunctionsHost({
    appDirectory,
    settings,
    environment: process.env,
    port: wholeNumber(args, 'port', 0) ?? local.port ?? 7071,
    keys,
    leaseMs: (wholeNumber(args, 'lease-seconds', 1) ?? 600) * 1000,
    graceMs: (wholeNumber(args, 'grace-seconds', 0) ?? 10) * 1000,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  running.resolve(host);

  const url = `http://127.0.0.1:${host.port}`;
  const health = checkHealth([url, settings.routePrefix, 'health'].filter((part) => part !== '').join('/'));
  const reported = health.then((verdict) => {
    if (verdict.kind === 'settings-invalid') throw new HostStartError(verdict.detail);
    if (verdict.kind === 'unhealthy') log('warning', 'host', `The app is not healthy: ${verdict.detail}`);
  });
  await Promise.race([reported, systemClock.sleep(HEALTH_WAIT_MS)]);
  console.log(`listening on ${url}`);
  await reported;
}

function wholeNumber(args: Readonly<Record<string, string | boolean | undefined>>, name: string, min: number) {
  const text = args[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && text !== '') return number;
  throw new HostStartError(`--${name} must be a whole number from ${min}.\n\n${usage}`);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof HostStartError ? error.message : error);
  process.exit(1);
}
