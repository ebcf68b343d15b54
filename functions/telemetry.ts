import type { app } from '@azure/functions';
import { VERSION, type BackendPorts } from '../shared/backend.ts';
import type { Config } from '../shared/config.ts';
import { noTelemetry, type Telemetry } from '../shared/telemetry/telemetry.ts';

/** What telemetry needs of the functions library. */
type Hooks = Pick<typeof app.hook, 'appTerminate' | 'preInvocation'>;

/**
 * Opens telemetry where the settings say that it goes somewhere; otherwise nothing of OpenTelemetry is even loaded. One that cannot be
 * opened is told of and done without: it must not keep the app from its work.
 */
export async function openedTelemetry(
  hooks: Hooks,
  { telemetry: settings }: Pick<Config, 'telemetry'>,
  { clock, log }: Pick<BackendPorts, 'clock' | 'log'>,
): Promise<Telemetry> {
  if (settings === undefined) return noTelemetry;
  try {
    const { openTelemetry } = await import('../shared/opentelemetry/open-telemetry.ts');
    const { telemetry, close } = await openTelemetry(settings, { clock, log, version: VERSION });
    hooks.appTerminate(close);
    joinTracesOfHost(hooks, telemetry);
    return telemetry;
  } catch (error) {
    log.error('telemetry.unavailable', { reason: (error as Error).message });
    return noTelemetry;
  }
}

/** The host has a span of its own for every invocation: what happens in the app is part of it. */
function joinTracesOfHost(hooks: Hooks, telemetry: Telemetry): void {
  hooks.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    const traceparent = invocationContext.traceContext?.traceParent;
    if (traceparent === undefined) return;
    context.functionHandler = (...inputs) => telemetry.within(traceparent, () => functionHandler(...inputs) as unknown);
  });
}
