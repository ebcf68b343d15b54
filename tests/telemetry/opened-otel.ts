import { SpanKind } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type DataPoint,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Clock } from '../../shared/clock.ts';
import { otelTelemetry } from '../../shared/opentelemetry/otel-telemetry.ts';
import type { EndedSpan } from '../../shared/telemetry/memory-telemetry.ts';
import type { OpenedTelemetry, Series } from './opened-telemetry.ts';

/** OpenTelemetry as the app has it, with exporters that keep what they are given. */
export function openOtelTelemetry(clock: Pick<Clock, 'now'>): OpenedTelemetry {
  const spans = new InMemorySpanExporter();
  const traces = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] });
  const kept = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: kept })] });
  const telemetry = otelTelemetry({ tracer: traces.getTracer('tests'), meter: meters.getMeter('tests'), clock });
  return {
    telemetry,
    spans: () => Promise.resolve(spans.getFinishedSpans().map(endedSpan)),
    async series(metric) {
      kept.reset();
      await meters.forceFlush();
      const found = kept.getMetrics()[0]?.scopeMetrics[0]?.metrics.find(({ descriptor }) => descriptor.name === metric);
      return (found?.dataPoints ?? []).map((point): Series =>
        found?.dataPointType === DataPointType.HISTOGRAM
          ? histogram(point as DataPoint<Histogram>)
          : { by: point.attributes, value: point.value as number },
      );
    },
  };
}

function histogram({ attributes, value: { sum = 0, count } }: DataPoint<Histogram>): Series {
  return { by: attributes, value: sum, count };
}

const kinds = new Map<SpanKind, EndedSpan['kind']>([
  [SpanKind.INTERNAL, 'internal'],
  [SpanKind.CLIENT, 'client'],
  [SpanKind.CONSUMER, 'consumer'],
]);

function endedSpan(span: ReadableSpan): EndedSpan {
  const { traceId, spanId } = span.spanContext();
  const ms = ([seconds, nanos]: readonly [number, number]): number => seconds * 1000 + nanos / 1_000_000;
  return {
    name: span.name,
    kind: kinds.get(span.kind) ?? 'internal',
    attributes: span.attributes,
    traceId,
    spanId,
    parentId: span.parentSpanContext?.spanId,
    links: span.links.map(({ context }) => context.spanId),
    startMs: ms(span.startTime),
    endMs: ms(span.endTime),
  };
}
