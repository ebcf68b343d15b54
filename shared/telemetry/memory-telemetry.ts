import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../clock.ts';
import type { MetricName } from './metrics.ts';
import type { Attributes, SpanOptions, Telemetry } from './telemetry.ts';

export interface Measurement {
  readonly metric: MetricName;
  readonly value: number;
  readonly by: Attributes;
}

/** A span that has ended. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: NonNullable<SpanOptions['kind']>;
  readonly attributes: Attributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** The ids of related spans that are not its parent. */
  readonly links: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

/** Telemetry in memory, for tests. */
export interface MemoryTelemetry extends Telemetry {
  readonly measurements: readonly Measurement[];
  /** In the order in which they ended. */
  readonly spans: readonly EndedSpan[];
}

/** The ids of a span. */
interface SpanRef {
  readonly traceId: string;
  readonly spanId: string;
}

/** Creates telemetry that keeps everything in memory. Span times are those of `clock`. */
export function memoryTelemetry({ clock }: { readonly clock: Pick<Clock, 'now'> }): MemoryTelemetry {
  const running = new AsyncLocalStorage<SpanRef | undefined>();
  const measurements: Measurement[] = [];
  const spans: EndedSpan[] = [];
  let ids = 0;
  const newId = (digits: number): string => (++ids).toString(16).padStart(digits, '0');

  const begin = (name: string, { kind = 'internal', attributes = {}, parent }: SpanOptions) => {
    const runningHere = running.getStore();
    const remoteParent = spanRefOf(parent);
    const parentSpan = remoteParent ?? runningHere;
    return {
      name,
      kind,
      attributes,
      traceId: parentSpan?.traceId ?? newId(32),
      spanId: newId(16),
      parentId: parentSpan?.spanId,
      links: remoteParent && runningHere ? [runningHere.spanId] : [],
    };
  };

  return {
    isOn: true,
    measurements,
    spans,
    record: (metric, value, by) => void measurements.push({ metric, value, by: definedOf(by) }),
    async span(name, options, work) {
      const span = begin(name, options);
      const startMs = clock.now();
      let attributes = span.attributes;
      const set = (added: Attributes): void => void (attributes = { ...attributes, ...added });
      try {
        return await running.run(span, () => work({ set }));
      } catch (error) {
        set({ 'error.type': (error as Error).name });
        throw error;
      } finally {
        spans.push({ ...span, attributes: definedOf(attributes), startMs, endMs: clock.now() });
      }
    },
    pastSpan(name, { startMs, endMs, ...options }) {
      const span = begin(name, options);
      spans.push({ ...span, attributes: definedOf(span.attributes), startMs, endMs });
    },
    traceparent() {
      const here = running.getStore();
      return here && `00-${here.traceId}-${here.spanId}-01`;
    },
    within: (traceparent, work) => running.run(spanRefOf(traceparent), work),
  };
}

/**
 * Parses a W3C `traceparent`: version, trace id, span id and flags (w3.org/TR/trace-context).
 * `undefined` for any other text.
 */
function spanRefOf(traceparent = ''): SpanRef | undefined {
  const [, traceId, spanId] =
    /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/.exec(traceparent) ?? [];
  return traceId !== undefined && spanId !== undefined ? { traceId, spanId } : undefined;
}

/** The attributes that have a value. */
function definedOf(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
