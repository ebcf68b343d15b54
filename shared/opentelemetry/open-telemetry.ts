import { diag, DiagLogLevel } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Exporters } from './exporters.ts';
import { otelTelemetry } from './otel-telemetry.ts';
import type { TelemetrySettings } from './telemetry-settings.ts';

export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  /**
   * Sends the remaining telemetry and closes. Never rejects. Takes 4 s at most, because the
   * Functions host ends the process after 5 s.
   */
  readonly close: () => Promise<void>;
}

/** The name of the instrumentation. */
const NAME = 'customer-insights-triggers';
const CLOSE_TIMEOUT_MS = 4_000;
/**
 * Minimum time between two log lines about failed exports, because successive failures usually have
 * the same cause.
 */
const QUIET_MS = 10 * 60_000;

/**
 * Starts OpenTelemetry with the configured exporters. Each exporter module is loaded only when it
 * is used.
 */
export async function openTelemetry(
  settings: TelemetrySettings,
  ports: { readonly clock: Clock; readonly log: Log; readonly version: string },
): Promise<OpenedTelemetry> {
  const { otlp, applicationInsights } = settings;
  const exporters: Exporters[] = [];
  if (otlp) exporters.push((await import('./otlp-exporters.ts')).otlpExporters(otlp));
  if (applicationInsights) {
    exporters.push((await import('./azure-monitor-exporters.ts')).azureMonitorExporters(applicationInsights));
  }
  logFailures(ports);
  return startTelemetry({ ...settings, exporters }, ports);
}

interface StartOptions extends Pick<TelemetrySettings, 'serviceName' | 'sampledRatio'> {
  readonly exporters: readonly Exporters[];
}

/** Starts OpenTelemetry with exporters that are already created. */
export function startTelemetry(
  { serviceName, sampledRatio, exporters }: StartOptions,
  { clock, version }: { readonly clock: Clock; readonly version: string },
): OpenedTelemetry {
  const resource = resourceFromAttributes({ 'service.name': serviceName, 'service.version': version });
  const traces = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampledRatio) }),
    spanProcessors: exporters.flatMap(({ spans }) => spans),
  });
  const meters = new MeterProvider({
    resource,
    readers: exporters.map((exporter) => new PeriodicExportingMetricReader({ exporter: exporter.metrics })),
  });
  return {
    telemetry: otelTelemetry({ tracer: traces.getTracer(NAME, version), meter: meters.getMeter(NAME, version), clock }),
    async close() {
      const timeout = new AbortController();
      const closed = Promise.allSettled([traces.shutdown(), meters.shutdown()]);
      await Promise.race([closed, clock.sleep(CLOSE_TIMEOUT_MS, timeout.signal).catch(() => undefined)]);
      timeout.abort();
    },
  };
}

/** Logs the failures that OpenTelemetry reports. Without a logger, OpenTelemetry drops them. */
function logFailures({ clock, log }: { readonly clock: Clock; readonly log: Log }): void {
  let quietUntilMs = -Infinity;
  const ignore = (): void => undefined;
  const error = (...parts: readonly unknown[]): void => {
    if (clock.now() < quietUntilMs) return;
    quietUntilMs = clock.now() + QUIET_MS;
    log.warn('telemetry.failing', { reason: parts.map(String).join(' ').slice(0, 300) });
  };
  diag.setLogger({ error, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ERROR);
}
