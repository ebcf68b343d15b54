import { afterEach } from '@jest/globals';

import { unlimitedPermits } from '../../shared/insights/call-permits.ts';
import type { CustomerInsightsError } from '../../shared/insights/customer-insights.ts';
import type { LogFields } from '../../shared/log.ts';
import {
  restCustomerInsights,
  type RestCustomerInsights,
  type RestCustomerInsightsOptions,
} from '../../shared/insights/rest-customer-insights.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { jumpingClock, type JumpingClock } from './jumping-clock.ts';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from './scripted-server.ts';

export const timeoutMs = 10_000;

export interface OpenAdapter {
  readonly insights: RestCustomerInsights;
  readonly clock: JumpingClock;
  readonly lines: { level: string; event: string; fields: LogFields | undefined }[];
}

/**
 * The adapter against a server of the test: no token, no jitter, a clock that only the test moves.
 */
export function openAdapter(baseUrl: string, options: Partial<RestCustomerInsightsOptions> = {}): OpenAdapter {
  const clock = jumpingClock(timeoutMs);
  const lines: OpenAdapter['lines'] = [];
  const line =
    (level: string) =>
    (event: string, fields?: LogFields): void =>
      void lines.push({ level, event, fields });
  const insights = restCustomerInsights({
    baseUrl,
    workflowPath: 'workflows/main',
    permits: unlimitedPermits,
    timeoutMs,
    clock,
    random: { fraction: () => 0, token: () => '' },
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    telemetry: noTelemetry,
    ...options,
  });
  return { insights, clock, lines };
}

const closing: (() => Promise<void>)[] = [];

/** Has these called when the running test ends, the last one first. */
export function atTheEnd(...close: (() => Promise<void>)[]): void {
  closing.push(...close);
}

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A server with these answers and the adapter against it, until the running test ends. */
export async function open(
  answers: readonly ScriptedAnswer[],
  options: Partial<RestCustomerInsightsOptions> = {},
): Promise<OpenAdapter & { server: ScriptedServer }> {
  const server = await startScriptedServer(...answers);
  const adapter = openAdapter(server.baseUrl, options);
  atTheEnd(server.stop, adapter.insights.close);
  return { ...adapter, server };
}

/** What the call fails with. */
export async function failure(call: Promise<unknown>): Promise<CustomerInsightsError> {
  return call.then(
    (value) => {
      throw new Error(`answered ${JSON.stringify(value)}`);
    },
    (error: unknown) => error as CustomerInsightsError,
  );
}
