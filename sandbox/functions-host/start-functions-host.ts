import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface FunctionsHostOptions {
  /** The folder of the app's package.json, host.json and local.settings.json. */
  readonly appDirectory: string;
  /**
   * The whole environment of the app, beside PATH and the folder of Node's compile cache. Nothing
   * else of this process is inherited.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** The default 0 is any free port. */
  readonly port?: number;
  /** Enforces keys: `hostKeys`, with the master key `_master`. */
  readonly enableAuth?: boolean;
  readonly hostKeys?: Readonly<Record<string, string>>;
  /**
   * How long a received queue message stays invisible to other receivers unless renewed. The
   * default is 600.
   */
  readonly leaseSeconds?: number;
  /** How long running work may take after the host is stopped. The default is 10. */
  readonly graceSeconds?: number;
  readonly verbose?: boolean;
  /** Called with every line that the host writes. */
  readonly output?: (line: string) => void;
  /** The host's entry script. The default is that of the project in the current folder. */
  readonly entry?: string;
}

export interface FunctionsHostProcess {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  readonly url: string;
  readonly pid: number;
  /** Sends SIGTERM and resolves with the exit code, null when a signal ended the process. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL and resolves when the process has ended. */
  kill(): Promise<void>;
  /** Resolves with the exit code when the process ends for any reason. */
  readonly exited: Promise<number | null>;
}

const LISTENING = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/;

/**
 * Starts the functions host as a separate process, so that its app has its own environment and can
 * be killed. Resolves when the host is listening. Rejects with the output of the host when it ends
 * before. The host ends with this process.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHostProcess> {
  const { appDirectory, environment, port = 0, enableAuth, hostKeys, leaseSeconds, graceSeconds, output } = options;
  const args = [options.entry ?? path.resolve('sandbox/host.ts'), '--port', String(port)];
  if (enableAuth) args.push('--enable-auth');
  if (options.verbose) args.push('--verbose');
  if (leaseSeconds !== undefined) args.push('--lease-seconds', String(leaseSeconds));
  if (graceSeconds !== undefined) args.push('--grace-seconds', String(graceSeconds));
  const keys = Object.entries(hostKeys ?? {}).map(([name, key]) => `${name}:${key}`);
  const child = spawn(process.execPath, args, {
    cwd: appDirectory,
    env: { ...inheritedEnvironment(), ...(keys.length > 0 && { HOST_KEYS: keys.join(',') }), ...environment },
    // The fourth is the channel that shows the host when this process has ended.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const url = await listeningUrl(child, output);
  return {
    url,
    pid: child.pid ?? 0,
    exited,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function inheritedEnvironment(): Record<string, string | undefined> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) };
}

/** Passes on every line, and resolves with the URL in the line that says the host is ready. */
function listeningUrl(child: ChildProcess, output: ((line: string) => void) | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    let written = '';
    let url: string | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        output?.(line);
        if (url !== undefined) return;
        written += `\n${line}`;
        url = LISTENING.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    }
    // 'close' comes after the last line. 'exit' may come before it.
    child.once('close', () => reject(new Error(`The functions host ended before it was listening:${written}`)));
    child.once('error', reject);
  });
}
