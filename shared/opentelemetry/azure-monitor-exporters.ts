import { DefaultAzureCredential } from '@azure/identity';
import { AzureMonitorMetricExporter, AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { SpanKind } from '@opentelemetry/api';
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Exporters } from './exporters.ts';
import type { ApplicationInsightsSettings } from './telemetry-settings.ts';

/**
 * Exports to Application Insights. Telemetry that cannot be sent is not kept on disk, because the
 * disk disappears with the app instance.
 */
export function azureMonitorExporters({ connectionString, identity }: ApplicationInsightsSettings): Exporters {
  const { clientId } = identity ?? {};
  const options = {
    connectionString,
    disableOfflineStorage: true,
    ...(identity && { credential: new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {}) }),
  };
  return {
    spans: [setsRequestName, new BatchSpanProcessor({ exporter: new AzureMonitorTraceExporter(options) })],
    metrics: new AzureMonitorMetricExporter(options),
  };
}

/**
 * Sets the name of a request in Application Insights. The exporter reports the processing of a
 * message as a request, and takes the name only from the attribute `ai.operation.name`.
 */
const setsRequestName: SpanProcessor = {
  onStart: (span) => {
    if (span.kind === SpanKind.CONSUMER) span.setAttribute('ai.operation.name', span.name);
  },
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
