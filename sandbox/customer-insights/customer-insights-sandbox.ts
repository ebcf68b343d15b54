import { systemClock } from '../../shared/clock.ts';
import type { Clock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import type { Random } from '../../shared/random.ts';
import { controlOf } from './control/control.ts';
import type { Control } from './control/control.ts';
import { startServer } from './http/server.ts';
import { newModel } from './model.ts';

export interface CustomerInsightsSandboxOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** Default: this machine only. */
  readonly host?: string;
  /** Dates evaluations, jobs and expiries, and waits for slow answers. */
  readonly clock?: Clock;
  readonly random?: Random;
  /** When set, calls need this `Ocp-Apim-Subscription-Key`, and any bearer token, as the real service wants both. */
  readonly requiredKey?: string;
}

export interface CustomerInsightsSandbox {
  /** Base URL of the API, with `/v1`. */
  readonly url: string;
  /** Base URL of the control API. */
  readonly controlUrl: string;
  readonly control: Control;
  /** Stops listening; calls that still wait for an answer get none. */
  stop(): Promise<void>;
}

/** Starts a Customer Insights to play with, on seeded data. Rejects when the port is taken. */
export async function startCustomerInsightsSandbox({
  port = 0,
  host = '127.0.0.1',
  clock = systemClock,
  random = systemRandom,
  requiredKey,
}: CustomerInsightsSandboxOptions = {}): Promise<CustomerInsightsSandbox> {
  const model = newModel({ clock, random }, requiredKey);
  const server = await startServer(model, { host, port });
  return {
    url: `${server.origin}/v1`,
    controlUrl: `${server.origin}/control`,
    control: controlOf(model),
    stop: () => server.stop(),
  };
}
