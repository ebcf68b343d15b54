import type { PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';

/** The destinations of spans and metrics. */
export interface Exporters {
  readonly spans: readonly SpanProcessor[];
  readonly metrics: PushMetricExporter;
}
