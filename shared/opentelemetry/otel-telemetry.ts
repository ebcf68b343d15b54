import { AsyncLocalStorage } from 'node:async_hooks';
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type HrTime,
  type Meter,
  type Span as OtelSpan,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Clock } from '../clock.ts';
import type { Attributes, SpanOptions, Telemetry } from '../telemetry/telemetry.ts';
import { instrumentsOf } from './instruments.ts';
import { withoutUndefined } from './without-undefined.ts';

/** The kinds of a span in OpenTelemetry. */
const kinds = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER } as const;
const propagator = new W3CTraceContextPropagator();

/**
 * Telemetry over OpenTelemetry. The running span is kept here and not in OpenTelemetry's global
 * context, so that several `Telemetry` objects can be used side by side.
 */
export function otelTelemetry({
  tracer,
  meter,
  clock,
}: {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly clock: Pick<Clock, 'now'>;
}): Telemetry {
  const running = new AsyncLocalStorage<Context>();
  /** The context of the running span. The root context has no span. */
  const here = (): Context => running.getStore() ?? ROOT_CONTEXT;
  const instruments = instrumentsOf(meter);

  const begin = (name: string, { kind = 'internal', attributes = {}, parent }: SpanOptions, startMs: number) => {
    const remoteParent = contextOf(parent);
    const linked = remoteParent && trace.getSpanContext(here());
    const context = remoteParent ?? here();
    const options = {
      kind: kinds[kind],
      startTime: hrTime(startMs),
      attributes: withoutUndefined(attributes),
      ...(linked && { links: [{ context: linked }] }),
    };
    const span = tracer.startSpan(name, options, context);
    failOnErrorType(span, attributes);
    return { span, context: trace.setSpan(context, span) };
  };

  return {
    isOn: true,
    record: (metric, value, by) => instruments[metric](value, withoutUndefined(by)),
    async span(name, options, work) {
      const { span, context } = begin(name, options, clock.now());
      const set = (attributes: Attributes): void => {
        span.setAttributes(withoutUndefined(attributes));
        failOnErrorType(span, attributes);
      };
      try {
        return await running.run(context, () => work({ set }));
      } catch (error) {
        set({ 'error.type': (error as Error).name });
        throw error;
      } finally {
        span.end(hrTime(clock.now()));
      }
    },
    pastSpan: (name, { startMs, endMs, ...options }) => begin(name, options, startMs).span.end(hrTime(endMs)),
    traceparent() {
      const carrier: { traceparent?: string } = {};
      propagator.inject(here(), carrier, defaultTextMapSetter);
      return carrier.traceparent;
    },
    within: (traceparent, work) => running.run(contextOf(traceparent) ?? ROOT_CONTEXT, work),
  };
}

/**
 * The context of a span in another process. Returns `undefined` when the text is not a valid
 * `traceparent`.
 */
function contextOf(traceparent: string | undefined): Context | undefined {
  if (traceparent === undefined) return undefined;
  const context = propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);
  return context === ROOT_CONTEXT ? undefined : context;
}

/** Marks a span as failed if it gets the attribute `error.type`. */
function failOnErrorType(span: OtelSpan, attributes: Attributes): void {
  if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
}

/**
 * A time as a pair of seconds and nanoseconds. For a plain number, OpenTelemetry would have to
 * guess the epoch.
 */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1_000_000)];
}
