import { DefaultAzureCredential } from '@azure/identity';
import { AzureMonitorMetricExporter, AzureMonitorTraceExporter } from '@azure/monitor-opentelemetry-exporter';
import { SpanKind } from '@opentelemetry/api';
import { BatchSpanProcessor, type SpanProcessor } from '@opentelemetry/sdk-trace';
import type { ApplicationInsightsSettings, Exporters } from './open-telemetry.ts';

/** Application Insights. What cannot be sent is not kept on disk: an instance of the app and its disk are soon gone. */
export function azureMonitorExporters({ connectionString, identity }: ApplicationInsightsSettings): Exporters {
  const { clientId } = identity ?? {};
  const options = {
    connectionString,
    disableOfflineStorage: true,
    ...(identity && { credential: new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {}) }),
  };
  return {
    spans: [namesOfRequests, new BatchSpanProcessor({ exporter: new AzureMonitorTraceExporter(options) })],
    metrics: new AzureMonitorMetricExporter(options),
  };
}

/** The exporter makes a request of the work on a message, and takes its name from this attribute alone. */
const namesOfRequests: SpanProcessor = {
  onStart: (span) => {
    if (span.kind === SpanKind.CONSUMER) span.setAttribute('ai.operation.name', span.name);
  },
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
