import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { EncryptionKey } from '../../shared/subscriptions/callback-cipher.ts';

/** A callback whose URL is encrypted as in a row of a subscription. */
export interface SealedCallback {
  readonly sealed: string;
  readonly context: string;
  readonly deliveryId: string;
  readonly body: string;
}

interface Keys {
  readonly encryptionKey: EncryptionKey;
  /** `whsec_…`, as the app gets it. */
  readonly signingSecret: string;
}

/** A message to the process of the floor. */
export type FloorOrder =
  | ({ readonly kind: 'fan-out'; readonly callbacks: readonly SealedCallback[] } & Keys)
  | ({
      readonly kind: 'events';
      readonly connectionString: string;
      readonly table: string;
      readonly perSecond: number;
      /** The number of events before. Each has rows of its own. */
      readonly firstEvent: number;
      /** The callbacks of each event. */
      readonly callbacks: readonly (readonly SealedCallback[])[];
    } & Keys);

/**
 * When the fan-out or each event began, in ms since the epoch. Sent when all callbacks have
 * responses.
 */
export interface FloorReport {
  readonly startedMs: readonly number[];
}

/** Does the least that a delivery needs, in a process of its own. */
export interface Floor {
  readonly pid: number;
  run(order: FloorOrder): Promise<readonly number[]>;
  stop(): Promise<void>;
}

export function startFloor(): Floor {
  const child = fork(path.resolve('bench/stage/floor-process.ts'), { serialization: 'advanced' });
  const exited = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async run(order) {
      const done = Promise.race([
        once(child, 'message'),
        exited.then(() => Promise.reject(new Error('the process of the floor has ended'))),
      ]);
      child.send(order);
      const [{ startedMs }] = (await done) as [FloorReport];
      return startedMs;
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
