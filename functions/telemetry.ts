import type { app } from '@azure/functions';
import { VERSION } from '../shared/backend.ts';
import type { BackendPorts } from '../shared/composition/backend-ports.ts';
import type { Config } from '../shared/config.ts';
import { noTelemetry, type Telemetry } from '../shared/telemetry/telemetry.ts';

/** The hooks of the functions library that telemetry uses. */
type Hooks = Pick<typeof app.hook, 'appTerminate' | 'preInvocation'>;

/**
 * Starts telemetry if the settings name a destination. Otherwise OpenTelemetry is not even loaded.
 * If telemetry cannot be started, the error is logged and the app runs without it.
 */
export async function startTelemetry(
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

/** Makes the app's spans children of the span that the host creates for each invocation. */
function joinTracesOfHost(hooks: Hooks, telemetry: Telemetry): void {
  hooks.preInvocation((context) => {
    const { functionHandler, invocationContext } = context;
    const traceparent = invocationContext.traceContext?.traceParent;
    if (traceparent === undefined) return;
    context.functionHandler = (...inputs) => telemetry.within(traceparent, () => functionHandler(...inputs) as unknown);
  });
}
