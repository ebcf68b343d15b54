import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { createCoreModule, emptyApp, installCoreModule } from './core-module.ts';
import type { RegisteredApp } from './core-module.ts';
import { describeError } from './host-log.ts';
import type { HostLog } from './host-log.ts';

/**
 * Loads the app from `main` of its package.json and runs its appStart hooks. Like the real host, it
 * keeps running when an app throws while loading. The app then has no functions and the reason is
 * logged. Call it once per process.
 */
export async function loadApp(options: { appDirectory: string; log: HostLog }): Promise<RegisteredApp> {
  const { appDirectory, log } = options;
  const app = emptyApp();
  installCoreModule(createCoreModule({ app, log }));
  try {
    await import(pathToFileURL(await entryPoint(appDirectory)).href);
    await app.programmingModel?.getCapabilities({});
    app.started = true;
    for (const hook of app.hooks.appStart) await hook({ ...appHookContext, functionAppDirectory: appDirectory });
  } catch (error) {
    app.started = true;
    app.functions.length = 0;
    log('error', 'host', `The app could not be loaded, no function is available: ${describeError(error)}`);
  }
  return app;
}

/**
 * Runs the appTerminate hooks in the order of registration. An error of a hook is logged and does
 * not stop the others.
 */
export async function terminateApp(options: { app: RegisteredApp; log: HostLog }): Promise<void> {
  for (const hook of options.app.hooks.appTerminate) {
    try {
      await hook(appHookContext);
    } catch (error) {
      options.log('error', 'host', `An appTerminate hook failed: ${describeError(error)}`);
    }
  }
}

/** The appStart and appTerminate hooks share these data objects. */
const appHookContext: Record<string, unknown> = { hookData: {}, appHookData: {} };

async function entryPoint(appDirectory: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(appDirectory, 'package.json'), 'utf8')) as { main?: unknown };
  if (typeof manifest.main !== 'string') throw new Error('package.json has no "main".');
  return path.join(appDirectory, manifest.main);
}
