import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** One POST as it arrived. */
export interface Arrival {
  /** Its `webhook-id`: the delivery. */
  readonly id: string;
  /** Instant in ms since the epoch, with fractions. */
  readonly atMs: number;
  /** It will never be answered. */
  readonly isBlackHole: boolean;
  /** It was answered 503. */
  readonly isRefused: boolean;
  /** Its event had arrivals in an earlier round: a late attempt of that. */
  readonly isLate: boolean;
}

/** A POST that can be made again byte for byte; headers without those of the framing. */
export interface CapturedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the process of the sink is told. */
export type SinkOrder =
  | {
      readonly kind: 'begin';
      readonly expected: number;
      readonly answerDelayMs: number;
      readonly capture: boolean;
    }
  | { readonly kind: 'tell' };

/** What it says. */
export type SinkReport =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'begun' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'told'; readonly arrivals: Arrival[]; readonly captured: CapturedRequest[] };

export interface SinkRound {
  /** Resolves when this many different deliveries that are answered 202 have arrived, those of events of earlier rounds left out. */
  readonly complete: Promise<void>;
  /** All that arrived in this round so far, in order. */
  arrivals(): Promise<Arrival[]>;
  captured(): Promise<CapturedRequest[]>;
}

/** A receiver of callbacks in a process of its own. Answers 202 at once and an empty body. */
export interface Sink {
  /** `http://127.0.0.1:PORT`. Below `/black-hole/` nothing is ever answered, below `/refuse-once/` a delivery's first attempt with 503. */
  readonly origin: string;
  /** Forgets what arrived. One round at a time. */
  begin(options?: { expected?: number; answerDelayMs?: number; capture?: boolean }): Promise<SinkRound>;
  stop(): Promise<void>;
}

/** A delivery's id holds its event's: see docs/architecture.md. */
export function eventIdOf(deliveryId: string): string {
  return `evt_${deliveryId.slice(4, 61)}`;
}

export async function startSink(): Promise<Sink> {
  const child = fork(path.resolve('bench/stage/sink-process.ts'), { serialization: 'advanced' });
  const exited = once(child, 'exit');
  const next = async <K extends SinkReport['kind']>(kind: K): Promise<Extract<SinkReport, { kind: K }>> =>
    new Promise((resolve) => {
      const listen = (report: SinkReport): void => {
        if (report.kind !== kind) return;
        child.off('message', listen);
        resolve(report as Extract<SinkReport, { kind: K }>);
      };
      child.on('message', listen);
    });
  const order = (message: SinkOrder): void => void child.send(message);
  const tell = async (): Promise<Extract<SinkReport, { kind: 'told' }>> => {
    const told = next('told');
    order({ kind: 'tell' });
    return told;
  };
  const { port } = await next('listening');
  return {
    origin: `http://127.0.0.1:${port}`,
    async begin({ expected = Infinity, answerDelayMs = 0, capture = false } = {}) {
      const complete = next('complete').then(() => undefined);
      const begun = next('begun');
      order({ kind: 'begin', expected, answerDelayMs, capture });
      await begun;
      return {
        complete,
        arrivals: async () => (await tell()).arrivals,
        captured: async () => (await tell()).captured,
      };
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
