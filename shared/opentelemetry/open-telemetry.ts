import { diag, DiagLogLevel } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import {
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { otelTelemetry } from './otel-telemetry.ts';

/** Where telemetry goes and how much of it. */
export interface TelemetrySettings {
  readonly serviceName: string;
  /** The part of the traces begun here that is kept, 0 to 1; a trace that began elsewhere is kept if it is kept there. */
  readonly sampledRatio: number;
  readonly otlp: OtlpSettings | undefined;
  readonly applicationInsights: ApplicationInsightsSettings | undefined;
}

export interface OtlpSettings {
  /** Without a slash at the end, and without `v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ApplicationInsightsSettings {
  readonly connectionString: string;
  /** Of this app, where the key in the connection string is not enough; without `clientId` the one that it is assigned. */
  readonly identity: { readonly clientId: string | undefined } | undefined;
}

/** Where spans and metrics go. */
export interface Exporters {
  readonly spans: readonly SpanProcessor[];
  readonly metrics: PushMetricExporter;
}

export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  /** Sends what is left, and ends. Never rejects, and takes 4 s at most: the host ends its worker after 5. */
  readonly close: () => Promise<void>;
}

const NAME = 'customer-insights-triggers';
const CLOSES_WITHIN_MS = 4_000;
/** One line per so long while what is told cannot be sent: the next failure is alike. */
const QUIET_MS = 10 * 60_000;

/** Starts OpenTelemetry with the exporters that the settings ask for, each loaded only then. */
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
  tellFailures(ports);
  return startTelemetry({ ...settings, exporters }, ports);
}

interface Started extends Pick<TelemetrySettings, 'serviceName' | 'sampledRatio'> {
  readonly exporters: readonly Exporters[];
}

/** The same with any exporters. */
export function startTelemetry(
  { serviceName, sampledRatio, exporters }: Started,
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
      const late = new AbortController();
      const closed = Promise.allSettled([traces.shutdown(), meters.shutdown()]);
      await Promise.race([closed, clock.sleep(CLOSES_WITHIN_MS, late.signal).catch(() => undefined)]);
      late.abort();
    },
  };
}

/** OpenTelemetry keeps its failures to itself unless somebody asks for them. */
function tellFailures({ clock, log }: { readonly clock: Clock; readonly log: Log }): void {
  let quietUntilMs = 0;
  const ignore = (): void => undefined;
  const error = (...parts: readonly unknown[]): void => {
    if (clock.now() < quietUntilMs) return;
    quietUntilMs = clock.now() + QUIET_MS;
    log.warn('telemetry.failing', { reason: parts.map(String).join(' ').slice(0, 300) });
  };
  diag.setLogger({ error, warn: ignore, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ERROR);
}
