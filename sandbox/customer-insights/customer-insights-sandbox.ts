import { systemClock } from '../../shared/clock.ts';
import type { Clock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import type { Random } from '../../shared/random.ts';
import { controlOf } from './control/control.ts';
import type { Control } from './control/control.ts';
import { startServer } from './http/server.ts';
import { newModel } from './model.ts';

export interface CustomerInsightsSandboxOptions {
  /** The default is any free port. */
  readonly port?: number;
  /** The default is the loopback address, which only this machine can reach. */
  readonly host?: string;
  /** Sets the times of evaluations, jobs and expiries, and delays slow responses. */
  readonly clock?: Clock;
  readonly random?: Random;
  /**
   * When set, calls need this `Ocp-Apim-Subscription-Key` and any bearer token, because the real
   * service requires both.
   */
  readonly requiredKey?: string;
}

export interface CustomerInsightsSandbox {
  /** Base URL of the API, with `/v1`. */
  readonly url: string;
  /** Base URL of the control API. */
  readonly controlUrl: string;
  readonly control: Control;
  /** Stops listening. Calls that are still waiting get no response. */
  stop(): Promise<void>;
}

/** Starts a Customer Insights sandbox with seeded data. Rejects when the port is in use. */
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
