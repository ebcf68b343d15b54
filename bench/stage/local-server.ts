import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pause } from './bench-stage.ts';

/** A server of its own for a benchmark, on a free port, with its files in a temporary folder. */
export interface LocalServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Which programs are not installed, and how to install them. `undefined` when all are. */
export function missingServers(): string | undefined {
  const missing = [
    ...(['initdb', 'postgres'].every((name) => programOf(name)) ? [] : ['postgresql']),
    ...(programOf('redis-server') ? [] : ['redis-server']),
  ];
  return missing.length === 0 ? undefined : `a server is not installed: apt-get install ${missing.join(' ')}`;
}

/** PostgreSQL with its default durability: every commit is on the disk before it is confirmed. */
export async function startPostgres(): Promise<LocalServer> {
  const { directory, owner } = await dataDirectory('bench-postgres-');
  const data = path.join(directory, 'data');
  const run = { ...owner, cwd: directory, stdio: 'ignore' as const };
  execFileSync(required('initdb'), ['-D', data, '-U', 'bench', '--auth=trust', '-E', 'UTF8'], run);
  const port = await freePort();
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: directory,
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: '256MB',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(required('postgres'), ['-D', data, '-p', String(port), ...options], run);
  const isReady = (): boolean => {
    try {
      execFileSync(required('pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)], run);
      return true;
    } catch {
      return false;
    }
  };
  while (!isReady()) await stillRunning(child, 'postgres');
  return serverOf(child, directory, `postgres://bench@127.0.0.1:${port}/postgres`);
}

/** Redis with an append-only file that is on the disk every second. */
export async function startRedis(): Promise<LocalServer> {
  const { directory, owner } = await dataDirectory('bench-redis-');
  const port = await freePort();
  const files = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const args = ['--port', String(port), '--bind', '127.0.0.1', ...files];
  const child = spawn(required('redis-server'), args, { ...owner, cwd: directory, stdio: 'ignore' });
  while (!(await accepts(port))) await stillRunning(child, 'redis-server');
  return serverOf(child, directory, `redis://127.0.0.1:${port}`);
}

function serverOf(child: ChildProcess, directory: string, url: string): LocalServer {
  const exited = once(child, 'exit');
  // At SIGINT, PostgreSQL ends at once, without waiting for its clients.
  const end = (): void => void child.kill('SIGINT');
  // An interrupted benchmark leaves no server behind.
  const interrupted = (): void => process.exit(1);
  process.once('exit', end).once('SIGTERM', interrupted);
  return {
    url,
    async stop() {
      process.off('exit', end).off('SIGTERM', interrupted);
      end();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function stillRunning(child: ChildProcess, name: string): Promise<void> {
  if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
  await pause(50);
}

/** PostgreSQL does not run as root, so its files and process then belong to another user. */
async function dataDirectory(prefix: string): Promise<{ directory: string; owner: { uid?: number; gid?: number } }> {
  const directory = await mkdtemp(path.join(tmpdir(), prefix));
  if (process.getuid?.() !== 0) return { directory, owner: {} };
  const [uid = 0, gid = 0] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'nobody'])));
  await chown(directory, uid, gid);
  return { directory, owner: { uid, gid } };
}

/** Looks in `PATH`, and where Debian keeps the programs of PostgreSQL, newest version first. */
function programOf(name: string): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter),
    ...versions.map((version) => path.join(debian, version, 'bin')),
  ];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

function required(name: string): string {
  const program = programOf(name);
  if (program === undefined) throw new Error(`${name} is not installed`);
  return program;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
