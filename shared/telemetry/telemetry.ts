import type { AttributeName, MetricName, metrics } from './metrics.ts';

/**
 * Attributes of a span or measurement, which never contain a secret. `undefined` means that an
 * attribute is absent.
 */
export type Attributes = Readonly<Partial<Record<AttributeName, string | number | undefined>>>;

/** The attributes that the measurements of a metric have. */
export type AttributesOf<M extends MetricName> = Pick<Attributes, (typeof metrics)[M]['by'][number]>;

export interface SpanOptions {
  /**
   * `consumer` is the processing of a message, `client` is a request to another service. `internal`
   * when absent.
   */
  readonly kind?: 'internal' | 'client' | 'consumer';
  readonly attributes?: Attributes;
  /**
   * The `traceparent` (W3C text that identifies a span) of a span in another process, which becomes
   * the parent. The new span then only links to the span that is running here. A value that is not
   * a valid `traceparent` counts as absent. Without `parent`, the running span is the parent.
   * Without a running span, a new trace begins.
   */
  readonly parent?: string | undefined;
}

/** A span while its work is running. */
export interface Span {
  /** Adds attributes that were unknown at the start. A span with `error.type` has failed. */
  set(attributes: Attributes): void;
}

/**
 * The port to telemetry: measurements, and traces of spans. Telemetry itself never throws and never
 * waits. Span times are those of `Clock`, in ms. Measured durations are in seconds, as the metrics
 * say.
 */
export interface Telemetry {
  /** When false, nothing is recorded, so callers need not prepare anything for telemetry. */
  readonly isOn: boolean;
  /** Records one measurement of a metric. `by`: its attributes. */
  record<M extends MetricName>(metric: M, value: number, by: AttributesOf<M>): void;
  /**
   * Runs `work` as a span. Spans that begin during `work`, also after an `await`, are its children.
   * Settles as `work` does. If `work` rejects, the span is marked as failed. Only the name of the
   * error is recorded, because its message may contain a secret.
   */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /**
   * Records a span that has already ended as a child of the running span, for work that is worth a
   * span only in some outcomes.
   */
  pastSpan(name: string, options: SpanOptions & { readonly startMs: number; readonly endMs: number }): void;
  /**
   * The running span as W3C `traceparent`, to continue the trace in another process. `undefined`
   * when no span is running.
   */
  traceparent(): string | undefined;
  /**
   * Runs `work` as a child of a span of another process. With `undefined`, `work` has no parent.
   */
  within<T>(traceparent: string | undefined, work: () => T): T;
}

const noSpan: Span = { set: () => undefined };

/** Records nothing and costs nothing. */
export const noTelemetry: Telemetry = {
  isOn: false,
  record: () => undefined,
  span: (_name, _options, work) => work(noSpan),
  pastSpan: () => undefined,
  traceparent: () => undefined,
  within: (_traceparent, work) => work(),
};
