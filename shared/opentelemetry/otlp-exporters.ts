import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import type { Exporters } from './exporters.ts';
import type { OtlpSettings } from './telemetry-settings.ts';

/**
 * Exports OTLP over HTTP in protobuf, which every receiver supports
 * (opentelemetry.io/docs/specs/otel/protocol/exporter).
 */
export function otlpExporters({ endpoint, headers }: OtlpSettings): Exporters {
  const options = (path: string) => ({ url: `${endpoint}/${path}`, headers: { ...headers } });
  return {
    spans: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(options('v1/traces')) })],
    metrics: new OTLPMetricExporter(options('v1/metrics')),
  };
}
