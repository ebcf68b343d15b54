import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

/** One received POST. */
export interface Arrival {
  /** The `webhook-id`, which is the delivery id. */
  readonly id: string;
  /** Ms since the epoch, with fractions. */
  readonly atMs: number;
  /** Whether the POST never gets a response. */
  readonly isBlackHole: boolean;
  /** Whether the response was 503. */
  readonly isRefused: boolean;
  /** Whether its event had arrivals in an earlier round, so that this is a late attempt. */
  readonly isLate: boolean;
}

/** A POST that can be repeated byte for byte. The headers exclude those of the framing. */
export interface CapturedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A message to the sink process. */
export type SinkOrder =
  | {
      readonly kind: 'begin';
      readonly expected: number;
      readonly answerDelayMs: number;
      readonly capture: boolean;
    }
  | { readonly kind: 'report' };

/** A message from the sink process. */
export type SinkReport =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'begun' }
  | { readonly kind: 'complete' }
  | { readonly kind: 'arrivals'; readonly arrivals: Arrival[]; readonly captured: CapturedRequest[] };

export interface SinkRound {
  /**
   * Resolves when this many distinct deliveries with a 202 response have arrived, without those of
   * events of earlier rounds.
   */
  readonly complete: Promise<void>;
  /** All arrivals of this round so far, in order. */
  arrivals(): Promise<Arrival[]>;
  captured(): Promise<CapturedRequest[]>;
}

/**
 * A receiver of callbacks in a separate process. Responds immediately with 202 and an empty body.
 */
export interface Sink {
  /**
   * `http://127.0.0.1:PORT`. A path below `/black-hole/` never gets a response. Below `/refuse/`
   * every attempt gets a 503, below `/refuse-once/` the first one of a delivery.
   */
  readonly origin: string;
  /** Starts a round and drops the arrivals of the one before. Only one round at a time. */
  begin(options?: { expected?: number; answerDelayMs?: number; capture?: boolean }): Promise<SinkRound>;
  stop(): Promise<void>;
}

/** A delivery id contains its event's id (see docs/architecture.md). */
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
  const fetchArrivals = async (): Promise<Extract<SinkReport, { kind: 'arrivals' }>> => {
    const reported = next('arrivals');
    order({ kind: 'report' });
    return reported;
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
        arrivals: async () => (await fetchArrivals()).arrivals,
        captured: async () => (await fetchArrivals()).captured,
      };
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
