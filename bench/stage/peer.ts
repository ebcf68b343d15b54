import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * The queues that are compared with. Each is a program in `bench/peers` with packages of its own.
 */
export type PeerName = 'graphile-worker' | 'bullmq';

/** A callback, as a job of a queue. */
export interface PeerJob {
  readonly id: string;
  readonly path: string;
  readonly body: string;
}

/** What a peer's program needs, as its only argument in JSON. */
export interface PeerSettings {
  /** Of the database or Redis. */
  readonly url: string;
  /** The sink. */
  readonly origin: string;
  /** `whsec_…`, as the app gets it. */
  readonly signingSecret: string;
  readonly userAgent: string;
}

/** An order to a peer: add these jobs. `held`: no job starts before all are added. */
export interface PeerOrder {
  readonly order: number;
  readonly jobs: readonly PeerJob[];
  readonly held: boolean;
}

/**
 * What a peer's program sends: first that it is ready, then for each order when its jobs were
 * added.
 */
export type PeerReport = { readonly kind: 'ready' } | PeerAdded;

interface PeerAdded {
  readonly kind: 'added';
  readonly order: number;
  /** Ms since the epoch, with fractions. */
  readonly atMs: number;
}

export interface Peer {
  readonly pid: number;
  /**
   * Adds jobs. Resolves with the time at which the call that adds them had succeeded, or at which
   * they were released.
   */
  add(jobs: readonly PeerJob[], options?: { readonly held?: boolean }): Promise<number>;
  stop(): Promise<void>;
}

const PACKAGES = 'bench/peers/node_modules';

/** What has to be done before peers can run. `undefined` when nothing has. */
export function missingPackages(): string | undefined {
  return existsSync(PACKAGES) ? undefined : 'their packages are not installed: npm ci --prefix bench/peers';
}

export async function startPeer(name: PeerName, settings: PeerSettings): Promise<Peer> {
  const child = fork(path.resolve(`bench/peers/${name}.ts`), [JSON.stringify(settings)], { serialization: 'advanced' });
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<undefined>();
  const waiting = new Map<number, (atMs: number) => void>();
  child.on('message', (report: PeerReport) => {
    if (report.kind === 'ready') ready.resolve(undefined);
    else waiting.get(report.order)?.(report.atMs);
  });
  void exited.then(() => ready.reject(new Error(`${name} has ended`)));
  await ready.promise;
  let orders = 0;
  return {
    pid: child.pid ?? 0,
    add(jobs, { held = false } = {}) {
      const order: PeerOrder = { order: ++orders, jobs, held };
      return new Promise((resolve) => {
        waiting.set(order.order, resolve);
        child.send(order);
      });
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
