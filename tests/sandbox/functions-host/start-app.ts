import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { startFunctionsHost } from '../../../sandbox/functions-host/start-functions-host.ts';
import type {
  FunctionsHostOptions,
  FunctionsHostProcess,
} from '../../../sandbox/functions-host/start-functions-host.ts';

export interface StartedApp extends FunctionsHostProcess {
  readonly lines: readonly string[];
  /** Lets the handlers go on that wait at this gate. */
  openGate(name: string): Promise<void>;
}

type AppOptions = Omit<FunctionsHostOptions, 'appDirectory' | 'output'> & {
  readonly hostJson?: object;
  readonly localSettings?: object;
};

const cleanups: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

/**
 * Starts the host on an app of the `apps` folder, in a folder of its own. What is left at the end
 * is killed and removed.
 */
export async function startApp(name: string, options: AppOptions = {}): Promise<StartedApp> {
  const { hostJson = {}, localSettings, ...rest } = options;
  const source = path.resolve(`tests/sandbox/functions-host/apps/${name}.ts`);
  const appDirectory = await appFolder({
    'index.js': `import ${JSON.stringify(source)};`,
    'package.json': JSON.stringify({ type: 'module', main: 'index.js' }),
    'host.json': JSON.stringify({ version: '2.0', ...hostJson }),
    ...(localSettings && { 'local.settings.json': JSON.stringify(localSettings) }),
  });
  return startFolder(appDirectory, rest);
}

/** Starts the host on a folder that is an app already. */
export async function startFolder(
  appDirectory: string,
  options: Omit<FunctionsHostOptions, 'appDirectory' | 'output'> = {},
): Promise<StartedApp> {
  const lines: string[] = [];
  const host = await startFunctionsHost({ ...options, appDirectory, output: (line) => lines.push(line) });
  cleanups.push(() => host.kill());
  return { ...host, lines, openGate: (name) => writeFile(path.join(appDirectory, `${name}.gate`), '') };
}

/** A new folder with these files, removed at the end. */
export async function appFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'functions-app-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

/**
 * Asks until the answer satisfies: a real process takes its time. The test's own timeout ends it.
 */
export async function eventually<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Resolves once a line of the host matches. The log is a pipe, so a line may arrive after the
 * response that it belongs to.
 */
export async function untilLogged(host: Pick<StartedApp, 'lines'>, pattern: RegExp): Promise<void> {
  await eventually(
    () => Promise.resolve(host.lines.join('\n')),
    (text) => pattern.test(text),
  );
}
