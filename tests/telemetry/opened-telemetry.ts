import type { Clock } from '../../shared/clock.ts';
import { memoryTelemetry, type EndedSpan, type Measurement } from '../../shared/telemetry/memory-telemetry.ts';
import { metrics, type MetricName } from '../../shared/telemetry/metrics.ts';
import type { Attributes, Telemetry } from '../../shared/telemetry/telemetry.ts';

/**
 * What a metric came to for one set of attributes: a sum or the last value; of a distribution also
 * how many there were.
 */
export interface Series {
  readonly by: Attributes;
  readonly value: number;
  readonly count?: number;
}

/** An implementation of the port, and what it kept. */
export interface OpenedTelemetry {
  readonly telemetry: Telemetry;
  /** Those that have ended, in the order of their ends. */
  readonly spans: () => Promise<readonly EndedSpan[]>;
  readonly series: (metric: MetricName) => Promise<readonly Series[]>;
}

export function openMemoryTelemetry(clock: Pick<Clock, 'now'>): OpenedTelemetry {
  const telemetry = memoryTelemetry({ clock });
  return {
    telemetry,
    spans: () => Promise.resolve(telemetry.spans),
    series: (metric) => Promise.resolve(seriesOf(telemetry.measurements, metric)),
  };
}

function seriesOf(measurements: readonly Measurement[], metric: MetricName): Series[] {
  const found = new Map<string, Series>();
  for (const { by, value } of measurements.filter((one) => one.metric === metric)) {
    const key = JSON.stringify(Object.entries(by).sort());
    const before = found.get(key) ?? { by, value: 0, count: 0 };
    const { kind } = metrics[metric];
    found.set(key, {
      by,
      value: kind === 'gauge' ? value : before.value + value,
      ...(kind === 'histogram' && { count: (before.count ?? 0) + 1 }),
    });
  }
  return [...found.values()];
}
