import type { Attributes, Meter } from '@opentelemetry/api';
import { metrics, type Metric, type MetricName } from '../telemetry/metrics.ts';
import { unreachable } from '../unreachable.ts';

/**
 * Bucket boundaries for durations: those of OpenTelemetry for HTTP, extended to one day, because
 * retries can take that long.
 */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14_400, 86_400];
/** Bucket boundaries for the sizes of fan-outs. One chunk has 250 recipients. */
const COUNTS = [1, 2, 5, 10, 25, 100, 250, 1000, 2500, 10_000, 50_000];

/** Records one measurement of a metric. */
type Instrument = (value: number, attributes: Attributes) => void;

/** Creates an instrument for each metric of the table `metrics`. */
export function instrumentsOf(meter: Meter): Readonly<Record<MetricName, Instrument>> {
  const entries = Object.entries(metrics).map(([name, metric]) => [name, instrumentOf(meter, name, metric)] as const);
  return Object.fromEntries(entries) as Record<MetricName, Instrument>;
}

function instrumentOf(meter: Meter, name: string, { kind, unit, meaning }: Metric): Instrument {
  const options = { unit, description: meaning };
  switch (kind) {
    case 'counter': {
      const counter = meter.createCounter(name, options);
      return (value, attributes) => counter.add(value, attributes);
    }
    case 'up-down counter': {
      const counter = meter.createUpDownCounter(name, options);
      return (value, attributes) => counter.add(value, attributes);
    }
    case 'gauge': {
      const gauge = meter.createGauge(name, options);
      return (value, attributes) => gauge.record(value, attributes);
    }
    case 'histogram': {
      const explicitBucketBoundaries = unit === 's' ? SECONDS : COUNTS;
      const histogram = meter.createHistogram(name, { ...options, advice: { explicitBucketBoundaries } });
      return (value, attributes) => histogram.record(value, attributes);
    }
    default:
      return unreachable(kind);
  }
}
