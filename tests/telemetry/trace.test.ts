import { beforeEach, describe, expect, test } from '@jest/globals';
import { failing } from '../../shared/insights/memory-customer-insights.ts';
import type { EndedSpan } from '../../shared/telemetry/memory-telemetry.ts';
import { metrics, type MetricName } from '../../shared/telemetry/metrics.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { openOtelTelemetry } from './opened-otel.ts';
import { openMemoryTelemetry } from './opened-telemetry.ts';
import { SIGNING_SECRET, tracedBackend, treeOf, type TracedBackend } from './traced-backend.ts';

describe.each([
  ['in memory', openMemoryTelemetry],
  ['of OpenTelemetry', openOtelTelemetry],
])('a trace %s', (_, open) => {
  let fixture: TracedBackend;
  beforeEach(() => {
    fixture = tracedBackend(open);
  });

  const named = async (name: string): Promise<EndedSpan[]> =>
    (await fixture.opened.spans()).filter((span) => span.name === name);
  const traceIdsOf = async (name: string): Promise<string[]> => [
    ...new Set((await named(name)).map(({ traceId }) => traceId)),
  ];

  test('of one event to one subscriber goes from the poll to the callback, over a retry', async () => {
    const { id } = await fixture.join('one');
    fixture.answers.set(callbackUrl('one'), () => answered(500));
    fixture.reach(120);
    await fixture.tick();
    fixture.answers.clear();
    await fixture.pass(5_000);

    const [traceId = '', ...others] = await traceIdsOf('POST');
    expect(others).toEqual([]);
    expect(treeOf(await fixture.opened.spans(), traceId)).toEqual([
      'process polls',
      '  detect segments',
      '  fan out',
      '    deliver chunk',
      '      POST',
      '      process retries',
      '        POST',
    ]);
    const [first, second] = await named('POST');
    const { eventId, deliveryId } = fixture.calls[0]?.body ?? {};
    expect(first).toMatchObject({ kind: 'client', endMs: (first?.startMs ?? 0) + 5 });
    expect(first?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.response.status_code': 500,
      'error.type': 'http-500',
      'triggers.delivery.code': 'http-500',
      'triggers.delivery.id': deliveryId,
      'triggers.subscription.id': id,
    });
    expect(second?.attributes).toEqual({
      'http.request.method': 'POST',
      'http.request.resend_count': 1,
      'http.response.status_code': 202,
      'triggers.delivery.code': 'delivered',
      'triggers.delivery.id': deliveryId,
      'triggers.subscription.id': id,
    });
    expect((await named('fan out'))[0]?.attributes).toEqual({
      'triggers.event.id': eventId,
      'triggers.instance.id': INSTANCE,
      'triggers.trigger': 'segment-threshold-crossed',
      'triggers.fan_out.size': 1,
    });
    expect((await named('process retries'))[0]).toMatchObject({
      kind: 'consumer',
      attributes: {
        'messaging.system': 'azure_queue_storage',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'retries',
      },
    });
  });

  test('of an event to many shows its chunks, and of their attempts those that failed', async () => {
    for (let index = 0; index < 620; index++) await fixture.join(`flow-${index}`, 90 + index / 100);
    for (const name of ['flow-7', 'flow-300']) fixture.answers.set(callbackUrl(name), () => answered(503));
    fixture.reach(120);
    await fixture.tick();

    const [traceId = ''] = await traceIdsOf('fan out');
    expect(treeOf(await fixture.opened.spans(), traceId)).toEqual([
      'process polls',
      '  detect segments',
      '  fan out',
      '    deliver chunk',
      '      POST',
      '    deliver chunk',
      '    deliver chunk',
      '      POST',
    ]);
    expect((await named('fan out'))[0]?.attributes).toMatchObject({ 'triggers.fan_out.size': 620 });
    const chunks = (await named('deliver chunk')).map(({ attributes }) => [
      attributes['triggers.chunk.index'],
      attributes['triggers.chunk.size'],
    ]);
    expect(chunks.sort()).toEqual([
      [0, 250],
      [1, 250],
      [2, 120],
    ]);
  });

  test('begins with each poll, also where the host has a span for the timer', async () => {
    await fixture.join('one');
    await fixture.tick();
    await fixture.opened.telemetry.span('timer', {}, () => fixture.backend.schedulePolls());
    await fixture.drain();
    const polls = await traceIdsOf('process polls');
    expect(polls).toHaveLength(2);
    expect(polls).not.toContain((await named('timer'))[0]?.traceId);
  });

  test('says that a list of Customer Insights gave no answer', async () => {
    await fixture.join('one');
    fixture.insights.beforeCall = failing('unavailable');
    await fixture.tick();
    expect((await named('detect segments')).map(({ attributes }) => attributes['error.type'])).toEqual(['unavailable']);
  });

  test('goes on where a poisoned message is put back', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await fixture.queues.send('retries-poison', {
      v: 1,
      kind: 'release',
      subscriptionId: 'none',
      traceparent,
      dueAtMs: 0,
    });
    await fixture.opened.telemetry.span('operator', {}, () => fixture.backend.operator.redrive('retries'));
    await fixture.drain();
    expect(await named('process retries')).toMatchObject([{ parentId: 'b7ad6b7169203331' }]);
    // It is as young as any other again.
    expect(await fixture.opened.series('triggers.queue.age')).toMatchObject([{ value: 0, count: 1 }]);
  });

  test('and no measurement holds a secret', async () => {
    await fixture.join('one');
    await fixture.join('two');
    fixture.answers.set(callbackUrl('one'), () => answered(500));
    fixture.reach(120);
    await fixture.tick();
    await fixture.pass(60_000);
    expect((await named('POST')).length).toBeGreaterThan(3);
    const series = await Promise.all(Object.keys(metrics).map((name) => fixture.opened.series(name as MetricName)));
    const kept = JSON.stringify([await fixture.opened.spans(), series, fixture.queues.waiting('retries')]);
    const signature = fixture.calls[0]?.headers['webhook-signature'] ?? '';
    for (const secret of ['flows.example.org', 'sig=', 'secret-', SIGNING_SECRET.toString('base64'), signature]) {
      expect(secret).not.toBe('');
      expect(kept).not.toContain(secret);
    }
  });
});
