import type { Event } from '../../events/event.ts';
import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { Attributes, Span, Telemetry } from '../../telemetry/telemetry.ts';
import type { AttemptRequest } from './attempt-request.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';

/** The attributes that identify an event in a trace. */
export function eventAttributes({ eventId, instanceId, trigger }: Event): Attributes {
  return { 'triggers.event.id': eventId, 'triggers.instance.id': instanceId, 'triggers.trigger': trigger };
}

/**
 * Records the number of recipients and the detection lag (the time from the occurrence of the event
 * to its commit) when an event is fanned out for the first time.
 */
export function recordFanOut(
  telemetry: Telemetry,
  { event, committedAt }: OutboxEntry,
  size: number,
  span: Span,
): void {
  span.set({ 'triggers.fan_out.size': size });
  const by = { 'triggers.trigger': event.trigger };
  telemetry.record('triggers.fan_out.size', size, by);
  if (!event.test)
    telemetry.record('triggers.detection.lag', secondsBetween(event.occurredAt, Date.parse(committedAt)), by);
}

/**
 * Records one attempt. The span has no URL because callback URLs are secret. The span is created
 * after the attempt, so that it can be left out for the successful attempts of a large fan-out,
 * which the chunk's row, the log and the metrics already cover.
 */
export function recordAttempt(
  telemetry: Telemetry,
  { deliveryId, called, event, spanned }: AttemptRequest,
  { at, durationMs, code, number, status }: AttemptRecord,
): void {
  if (!telemetry.isOn) return;
  const isDelivered = code === 'delivered';
  const startMs = Date.parse(at);
  const endMs = startMs + durationMs;
  telemetry.record('triggers.attempt.duration', durationMs / 1000, { 'triggers.delivery.code': code });
  if (isDelivered && !event.test) {
    const by = { 'triggers.trigger': event.trigger };
    telemetry.record('triggers.delivery.lag', secondsBetween(event.occurredAt, endMs), by);
  }
  if (isDelivered && spanned === 'unless-delivered') return;
  telemetry.pastSpan('POST', {
    kind: 'client',
    startMs,
    endMs,
    attributes: {
      'http.request.method': 'POST',
      'http.request.resend_count': number > 1 ? number - 1 : undefined,
      'http.response.status_code': status,
      'error.type': isDelivered ? undefined : code,
      'triggers.delivery.code': code,
      'triggers.delivery.id': deliveryId,
      'triggers.subscription.id': called.id,
    },
  });
}

/** Counts a delivery that has reached a new status. */
export function recordStatus(telemetry: Telemetry, status: string): void {
  telemetry.record('triggers.delivery.status', 1, { 'triggers.delivery.status': status });
}

function secondsBetween(from: string, toMs: number): number {
  return Math.max(0, toMs - Date.parse(from)) / 1000;
}
