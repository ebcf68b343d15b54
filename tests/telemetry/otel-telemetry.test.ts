import { describe, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { systemClock } from '../../shared/clock.ts';
import { otelTelemetry } from '../../shared/opentelemetry/otel-telemetry.ts';
import { telemetryContract } from '../contract/telemetry.contract.ts';
import { openOtelTelemetry } from './opened-otel.ts';

describe('OpenTelemetry', () => {
  telemetryContract(openOtelTelemetry);
});

test('a span with an error type has the status of an error, and holds no exception', async () => {
  const exporter = new InMemorySpanExporter();
  const tracer = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('tests');
  const telemetry = otelTelemetry({ tracer, meter: new MeterProvider().getMeter('tests'), clock: systemClock });
  await telemetry.span('well', {}, () => Promise.resolve());
  await telemetry.span('ill', {}, () => Promise.reject(new Error('secret'))).catch(() => undefined);
  telemetry.pastSpan('past', { startMs: 0, endMs: 1, attributes: { 'error.type': 'timeout' } });
  expect(exporter.getFinishedSpans().map(({ name, status, events }) => ({ name, ...status, events }))).toEqual([
    { name: 'well', code: SpanStatusCode.UNSET, events: [] },
    { name: 'ill', code: SpanStatusCode.ERROR, events: [] },
    { name: 'past', code: SpanStatusCode.ERROR, events: [] },
  ]);
});

test('the time of a span is that of the clock, in this century and to the millisecond', async () => {
  const nowMs = Date.parse('2031-02-03T04:05:06.789Z');
  const { telemetry, spans } = openOtelTelemetry({ now: () => nowMs });
  await telemetry.span('then', {}, () => Promise.resolve());
  expect(await spans()).toMatchObject([{ startMs: nowMs, endMs: nowMs }]);
});
