import type { Event } from '../../events/event.ts';
import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { Attributes, Span, Telemetry } from '../../telemetry/telemetry.ts';
import type { AttemptRequest } from './attempt.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';

/** What tells one event from others in a trace. */
export function eventAttributes({ eventId, instanceId, trigger }: Event): Attributes {
  return { 'triggers.event.id': eventId, 'triggers.instance.id': instanceId, 'triggers.trigger': trigger };
}

/** Whom an event concerns was worked out, for the first time. */
export function recordFanOut(
  telemetry: Telemetry,
  { event, committedAt: openedAt }: OutboxEntry,
  size: number,
  span: Span,
): void {
  span.set({ 'triggers.fan_out.size': size });
  const by = { 'triggers.trigger': event.trigger };
  telemetry.record('triggers.fan_out.size', size, by);
  if (!event.test)
    telemetry.record('triggers.detection.lag', secondsBetween(event.occurredAt, Date.parse(openedAt)), by);
}

/**
 * One POST. Its span has no address: that of a flow is a secret, or nearly. It is made afterwards, so that the many attempts of a large
 * fan-out that succeed at once need none: the row, the log line and the metrics tell of those.
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

/** A delivery came to a status that it did not have before. */
export function recordStatus(telemetry: Telemetry, status: string): void {
  telemetry.record('triggers.delivery.status', 1, { 'triggers.delivery.status': status });
}

function secondsBetween(from: string, toMs: number): number {
  return Math.max(0, toMs - Date.parse(from)) / 1000;
}
