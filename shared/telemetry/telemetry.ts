import type { AttributeName, MetricName, metrics } from './metrics.ts';

/** Facts about a span. Absent and `undefined` are the same. Never a secret. */
export type Attributes = Readonly<Partial<Record<AttributeName, string | number | undefined>>>;

/** The facts that measurements of a metric are told apart by. */
export type AttributesOf<M extends MetricName> = Pick<Attributes, (typeof metrics)[M]['by'][number]>;

export interface SpanOptions {
  /** `consumer`: the work on a message. `client`: a request to somebody else. `internal` when absent. */
  readonly kind?: 'internal' | 'client' | 'consumer';
  readonly attributes?: Attributes;
  /**
   * The span of another process that this one goes on from, as W3C `traceparent`; the span that is running here is then only linked to. What
   * is no `traceparent` counts as absent: then the running span is the parent, and without one a new trace begins.
   */
  readonly parent?: string | undefined;
}

/** A span while its work is running. */
export interface Span {
  /** Facts that were not known when it began. One with `error.type` has failed. */
  set(attributes: Attributes): void;
}

/**
 * The port to whoever watches: measurements, and traces made of spans. Never throws of itself, never waits. Times of spans are those of
 * `Clock`, in ms; durations that are measured are in seconds, as their metrics say.
 */
export interface Telemetry {
  /** False: nothing is kept, so nothing needs to be prepared for it alone. */
  readonly isOn: boolean;
  record<M extends MetricName>(metric: M, value: number, by: AttributesOf<M>): void;
  /**
   * Runs work as a span: whatever begins in it is part of it, also after waiting. Settles as the work does; a rejection makes it a failed
   * span, named by the error's class alone, because a message may hold anything.
   */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** A span that is over already, part of the running one: for what only shows in the end whether it is worth a span. */
  pastSpan(name: string, options: SpanOptions & { readonly startMs: number; readonly endMs: number }): void;
  /** The running span as W3C `traceparent`, for somebody to go on from elsewhere; `undefined` when there is none. */
  traceparent(): string | undefined;
  /** Runs work as part of a span of another process; `undefined`: as part of none. */
  within<T>(traceparent: string | undefined, work: () => T): T;
}

const noSpan: Span = { set: () => undefined };

/** Keeps nothing and costs nothing. */
export const noTelemetry: Telemetry = {
  isOn: false,
  record: () => undefined,
  span: (_name, _options, work) => work(noSpan),
  pastSpan: () => undefined,
  traceparent: () => undefined,
  within: (_traceparent, work) => work(),
};
